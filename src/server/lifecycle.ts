// Owns the life of the process: states, the signals, the end. States are Envoy's (envoy.admin.v3.ServerInfo.State).
import { contain } from '../base/assert.ts';
import { logger } from '../base/logger.ts';

const log = logger('main');

export type ServerState = 'LIVE' | 'DRAINING' | 'PRE_INITIALIZING' | 'INITIALIZING';

function containInProcess(error: unknown): void {
  contain('a turn of the event loop', error);
}

/** What signals ask for. */
export interface SignalHandlers {
  reload(): void;
  reopenLogs(): void;
}

export class Lifecycle {
  state: ServerState = 'PRE_INITIALIZING';
  readonly #ended = Promise.withResolvers<number>();
  #handlers: [NodeJS.Signals, () => void][] = [];
  /** Holds the process up: timers and sockets of the proxy may all be unreferenced. */
  #keepAlive: NodeJS.Timeout | null = null;

  /** Resolves with the exit code. */
  get ended(): Promise<number> {
    return this.#ended.promise;
  }

  begin(handlers: SignalHandlers): void {
    this.#keepAlive = setInterval(() => {}, 0x7fffffff);
    this.#on('SIGTERM', () => this.end(0, 'SIGTERM'));
    this.#on('SIGINT', () => this.end(0, 'SIGINT'));
    this.#on('SIGHUP', () => handlers.reload());
    this.#on('SIGUSR1', () => handlers.reopenLogs());
    // A peer that goes away is handled where it is written to.
    this.#on('SIGPIPE', () => {});
    // The last line: streams, connections, timers and updates contain their own (base/assert.ts). What gets here has
    // cost its turn of the event loop; ending the process would cost every request in progress.
    process.on('uncaughtException', containInProcess);
  }

  #on(signal: NodeJS.Signals, handler: () => void): void {
    process.on(signal, handler);
    this.#handlers.push([signal, handler]);
  }

  /** The first call counts. */
  end(code: number, reason: string): void {
    log.info(`shutting down: ${reason}`);
    this.#ended.resolve(code);
  }

  release(): void {
    for (const [signal, handler] of this.#handlers) process.off(signal, handler);
    this.#handlers = [];
    process.off('uncaughtException', containInProcess);
    if (this.#keepAlive !== null) clearInterval(this.#keepAlive);
  }
}
