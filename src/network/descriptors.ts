// Owns telling that the process runs out of file descriptors. Node never says so: when accept() fails with EMFILE, libuv
// takes the connection with a spare descriptor and closes it, without an event. But the kernel gives the lowest number
// that is free, so an accepted connection with a number close to the limit comes before the first one that is lost.
import { readFileSync } from 'node:fs';
import { logger } from '../base/logger.ts';

const log = logger('conn_handler');

const quietMs = 60_000;

export class DescriptorWatch {
  readonly #limit: number;
  readonly #warnFrom: number;
  #last = Number.NEGATIVE_INFINITY;

  /** `limit`: RLIMIT_NOFILE of the process; Infinity where it is not known. */
  constructor(limit: number) {
    this.#limit = limit;
    this.#warnFrom = limit - Math.max(8, Math.floor(limit / 50));
  }

  /** For each accepted connection. `nowMs` is monotonic. */
  onAccepted(descriptor: number, address: string, nowMs: number): void {
    if (descriptor < this.#warnFrom || nowMs - this.#last < quietMs) return;
    this.#last = nowMs;
    log.warning(
      `the limit of open files is nearly reached (${descriptor} of ${this.#limit}): new connections to '${address}' ` +
        'will be closed at once, and none to upstreams can be opened. Look at the limit (ulimit -n, LimitNOFILE=) and ' +
        'at downstream_cx_active and upstream_cx_active',
    );
  }
}

/** From Linux's /proc; elsewhere there is no limit known. */
export function descriptorLimit(limits: () => string = () => readFileSync('/proc/self/limits', 'utf8')): number {
  try {
    const found = /^Max open files\s+(\d+)/m.exec(limits())?.[1];
    return found === undefined ? Number.POSITIVE_INFINITY : Number(found);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
