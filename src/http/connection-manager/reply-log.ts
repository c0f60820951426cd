// Owns the log lines that say, in words, why a request was answered by the proxy itself, or its answer broken off
// (DESIGN 4): which host, which limit, which route. A few a second: a flood of failures must not become a flood of lines.
import { logger } from '../../base/logger.ts';
import { formatResponseFlags } from '../../observability/response-flags.ts';
import type { StreamInfo } from '../../observability/stream-info.ts';

const log = logger('http');
const linesPerSecond = 10;

let second = -1;
let lines = 0;
let left = 0;

/** `now` in monotonic milliseconds. Written at level info; nothing is built when that is off. */
export function logCause(status: number, info: StreamInfo, method: string, path: string, now: number): void {
  if (!log.infoEnabled || info.explanation === '') return;
  const current = Math.floor(now / 1000);
  if (current !== second) {
    second = current;
    lines = 0;
    if (left > 0) log.info(`${left} more local replies and resets were not logged one by one`);
    left = 0;
  }
  if (++lines > linesPerSecond) {
    left++;
    return;
  }
  const flags = info.responseFlags === 0 ? '' : ` ${formatResponseFlags(info.flagOrder)}`;
  log.info(
    `[C${info.connection.id}] ${method || '-'} ${path || '-'}: ${status}${flags} ${info.responseCodeDetails}: ${info.cause}`,
  );
}
