// Owns what is counted of a downstream connection as a whole: how many there are, how they end, what goes over them.
import type { Connection } from '../../network/api.ts';
import type { ConnectionManagerStats } from './stats.ts';

export class ConnectionAccounting {
  readonly #stats: ConnectionManagerStats;
  readonly #connection: Connection;
  readonly #secure: boolean;
  readonly #openedAt: number;
  /** Null: no byte has told. */
  #http2: boolean | null = null;
  #reportedRead = 0;
  #reportedWritten = 0;

  /** `now`: monotonic milliseconds. */
  constructor(stats: ConnectionManagerStats, connection: Connection, secure: boolean, now: number) {
    this.#stats = stats;
    this.#connection = connection;
    this.#secure = secure;
    this.#openedAt = now;
    stats.downstreamCxTotal.inc();
    stats.downstreamCxActive.inc();
    if (!secure) return;
    stats.downstreamCxSslTotal.inc();
    stats.downstreamCxSslActive.inc();
  }

  onProtocol(http2: boolean): void {
    this.#http2 = http2;
    const stats = this.#stats;
    (http2 ? stats.downstreamCxHttp2Total : stats.downstreamCxHttp1Total).inc();
    (http2 ? stats.downstreamCxHttp2Active : stats.downstreamCxHttp1Active).inc();
  }

  /** `local`: by us; `active`: requests were in progress. */
  onClose(local: boolean, active: boolean): void {
    const stats = this.#stats;
    if (this.#connection.delayedCloseTimedOut === true) stats.downstreamCxDelayedCloseTimeout.inc();
    stats.downstreamCxDestroy.inc();
    (local ? stats.downstreamCxDestroyLocal : stats.downstreamCxDestroyRemote).inc();
    if (!active) return;
    stats.downstreamCxDestroyActiveRq.inc();
    (local ? stats.downstreamCxDestroyLocalActiveRq : stats.downstreamCxDestroyRemoteActiveRq).inc();
  }

  onEnd(now: number): void {
    const stats = this.#stats;
    stats.downstreamCxActive.dec();
    if (this.#secure) stats.downstreamCxSslActive.dec();
    if (this.#http2 !== null) (this.#http2 ? stats.downstreamCxHttp2Active : stats.downstreamCxHttp1Active).dec();
    stats.downstreamCxLengthMs.record(Math.round(now - this.#openedAt));
    this.reportBytes();
  }

  reportBytes(): void {
    const { bytesRead, bytesWritten } = this.#connection;
    this.#stats.downstreamCxRxBytesTotal.add(bytesRead - this.#reportedRead);
    this.#stats.downstreamCxTxBytesTotal.add(bytesWritten - this.#reportedWritten);
    this.#reportedRead = bytesRead;
    this.#reportedWritten = bytesWritten;
  }
}
