// Owns the first moments of a connection: the bytes that its listener filters look at before a filter chain is chosen,
// bounded in time and size, and given back to whatever the chain puts on the socket.
import type { Timer, TimerHandler, Timers } from '../base/timers.ts';
import {
  CloseType,
  type ConnectionCallbacks,
  ConnectionEvent,
  type ConnectionReader,
  FilterStatus,
} from '../network/api.ts';
import type { SocketConnection } from '../network/socket-connection.ts';
import type { AcceptedConnection } from './accepted-connection.ts';
import type { ListenerFilter, ListenerFilterCallbacks, PeekedBytes } from './api.ts';
import type { ListenerStats } from './stats.ts';

const noBytes = Buffer.alloc(0);

export interface ListenerFilterChainOwner {
  /** Every filter is content, or the time is up and the listener goes on regardless. `peeked` is not consumed yet. */
  onFiltersDone(chain: ListenerFilterChain, peeked: Buffer): void;
  /** The connection ended, was refused by a filter, or waited too long: it is closed. */
  onFiltersFailed(chain: ListenerFilterChain): void;
}

export interface ListenerFilterLimits {
  /** Milliseconds; 0: no limit. */
  readonly timeoutMs: number;
  readonly continueOnTimeout: boolean;
}

export class ListenerFilterChain
  implements ConnectionReader, ConnectionCallbacks, ListenerFilterCallbacks, PeekedBytes, TimerHandler
{
  readonly accepted: AcceptedConnection;
  readonly connection: SocketConnection;
  bytes: Buffer = noBytes;
  /** Holds `bytes`, and room for more: a client may send them one by one. */
  #store: Buffer = noBytes;
  #begin = 0;
  readonly #owner: ListenerFilterChainOwner;
  readonly #filters: readonly ListenerFilter[];
  readonly #stats: ListenerStats;
  readonly #limits: ListenerFilterLimits;
  #timer: Timer | null = null;
  #index = -1;
  #over = false;
  #paused = false;
  #endSeen = false;

  constructor(
    owner: ListenerFilterChainOwner,
    accepted: AcceptedConnection,
    connection: SocketConnection,
    filters: readonly ListenerFilter[],
    stats: ListenerStats,
    limits: ListenerFilterLimits,
  ) {
    this.#owner = owner;
    this.accepted = accepted;
    this.connection = connection;
    this.#filters = filters;
    this.#stats = stats;
    this.#limits = limits;
  }

  /** Runs the filters as far as they go without bytes. True when all are done: nothing waits, the owner was not called. */
  start(timers: Timers): boolean {
    if (this.#advance()) {
      this.#over = true;
      return true;
    }
    if (this.#over) return false;
    this.#stats.downstreamPreCxActive.inc();
    const { timeoutMs } = this.#limits;
    if (timeoutMs > 0) this.#timer = timers.schedule(timeoutMs, this);
    this.connection.setReader(this);
    this.connection.addCallbacks(this);
    return false;
  }

  /** Goes to the next filters until one waits; true behind the last. */
  #advance(): boolean {
    while (++this.#index < this.#filters.length) {
      if (this.#over) return false;
      const filter = this.#filters[this.#index] as ListenerFilter;
      if (filter.onAccept(this) === FilterStatus.Continue) continue;
      // What earlier filters have read may be enough for this one.
      if (this.bytes.length === 0 || !this.#offer()) return false;
    }
    return !this.#over;
  }

  /** Shows the bytes to the filter that waits; true when it is content. */
  #offer(): boolean {
    const filter = this.#filters[this.#index];
    return filter !== undefined && filter.maxReadBytes > 0 && filter.onData(this) === FilterStatus.Continue;
  }

  onData(data: Buffer, endStream: boolean): void {
    if (this.#over) return;
    if (data.length > 0) {
      this.#append(data);
      if (this.#offer() && !this.#over && this.#advance()) {
        this.#finish();
        return;
      }
    }
    if (this.#over) return;
    if (endStream) {
      this.#endSeen = true;
      // What was to come cannot come any more.
      this.#stats.downstreamListenerFilterRemoteClose.inc();
      this.close('');
      return;
    }
    this.#holdBack();
  }

  /** No more is read than the filter that waits wants to see. */
  #holdBack(): void {
    const wanted = this.#filters[this.#index]?.maxReadBytes ?? 0;
    const enough = this.bytes.length >= Math.max(wanted, 1);
    if (enough === this.#paused) return;
    this.#paused = enough;
    this.connection.readDisable(enough);
  }

  #append(data: Buffer): void {
    const end = this.#begin + this.bytes.length;
    const needed = end + data.length;
    if (needed > this.#store.length) {
      const grown = Buffer.allocUnsafe(Math.max(needed, 2 * this.#store.length));
      this.#store.copy(grown, 0, 0, end);
      this.#store = grown;
    }
    data.copy(this.#store, end);
    this.bytes = this.#store.subarray(this.#begin, needed);
  }

  drain(length: number): void {
    this.#begin += length;
    this.bytes = this.bytes.subarray(length);
  }

  continue(accept: boolean): void {
    if (this.#over) return;
    if (!accept) {
      this.close('');
      return;
    }
    if (this.#advance()) this.#finish();
    else if (!this.#over) this.#holdBack();
  }

  close(details: string): void {
    if (this.#over) return;
    this.#stop();
    this.connection.close(CloseType.NoFlush, details);
    this.#owner.onFiltersFailed(this);
  }

  onTimer(): void {
    this.#timer = null;
    if (this.#over) return;
    this.#stats.downstreamPreCxTimeout.inc();
    if (this.#limits.continueOnTimeout) this.#finish();
    else this.close('listener_filters_timeout');
  }

  onConnectionEvent(event: ConnectionEvent): void {
    if (this.#over || event === ConnectionEvent.Connected) return;
    if (!this.#endSeen) {
      const reset = this.connection.detectedCloseType === 'RemoteReset';
      (reset ? this.#stats.downstreamListenerFilterError : this.#stats.downstreamListenerFilterRemoteClose).inc();
    }
    this.#stop();
    this.#owner.onFiltersFailed(this);
  }

  onAboveWriteBufferHighWatermark(): void {}
  onBelowWriteBufferLowWatermark(): void {}

  #finish(): void {
    this.#end();
    if (this.#paused) this.connection.readDisable(false);
    const peeked = this.bytes;
    this.bytes = noBytes;
    this.#store = noBytes;
    this.connection.bytesRead = peeked.length;
    this.#owner.onFiltersDone(this, peeked);
  }

  #stop(): void {
    this.#end();
    this.#filters[this.#index]?.onClose?.();
  }

  #end(): void {
    this.#over = true;
    this.#timer?.cancel();
    this.#stats.downstreamPreCxActive.dec();
    this.connection.removeCallbacks(this);
    // What a filter took off, and what no chain will see, does not count, as in Envoy.
    this.connection.bytesRead = 0;
  }
}
