// Owns the filter that lets a filter chain have so many connections and no more; one too many is closed, after a delay
// where that shall keep it from coming back at once.
import type { RuntimeFlag } from '../../../../base/runtime.ts';
import type { Timer, TimerHandler, Timers } from '../../../../base/timers.ts';
import {
  CloseType,
  type ConnectionCallbacks,
  ConnectionEvent,
  FilterStatus,
  type ReadFilter,
  type ReadFilterCallbacks,
} from '../../../../network/api.ts';
import type { Counter, Gauge } from '../../../../observability/stats/api.ts';

export interface ConnectionLimitSettings {
  readonly maxConnections: number;
  readonly delayMs: number;
  readonly enabled: RuntimeFlag;
  readonly timers: Timers;
  readonly active: Gauge;
  readonly limited: Counter;
}

/** What the connections of a filter chain share. */
export class ConnectionLimiter {
  readonly settings: ConnectionLimitSettings;
  #connections = 0;

  constructor(settings: ConnectionLimitSettings) {
    this.settings = settings;
  }

  admit(): boolean {
    if (this.#connections >= this.settings.maxConnections) return false;
    this.#connections++;
    return true;
  }

  release(): void {
    this.#connections--;
  }
}

export class ConnectionLimitFilter implements ReadFilter, ConnectionCallbacks, TimerHandler {
  readonly #limiter: ConnectionLimiter;
  #callbacks!: ReadFilterCallbacks;
  #admitted = false;
  #refused = false;
  #counted = false;
  #delay: Timer | null = null;

  constructor(limiter: ConnectionLimiter) {
    this.#limiter = limiter;
  }

  initialize(callbacks: ReadFilterCallbacks): void {
    this.#callbacks = callbacks;
    callbacks.connection.addCallbacks(this);
  }

  onNewConnection(): FilterStatus {
    const { enabled, active, limited, delayMs, timers } = this.#limiter.settings;
    if (!enabled.value) return FilterStatus.Continue;
    active.inc();
    this.#counted = true;
    this.#admitted = this.#limiter.admit();
    if (this.#admitted) return FilterStatus.Continue;
    this.#refused = true;
    limited.inc();
    if (delayMs > 0) this.#delay = timers.schedule(delayMs, this);
    else this.onTimer();
    return FilterStatus.StopIteration;
  }

  onData(): FilterStatus {
    return this.#refused ? FilterStatus.StopIteration : FilterStatus.Continue;
  }

  onTimer(): void {
    this.#callbacks.connection.close(CloseType.NoFlush, 'over_connection_limit');
  }

  onConnectionEvent(event: ConnectionEvent): void {
    if (event === ConnectionEvent.Connected) return;
    this.#delay?.cancel();
    if (this.#admitted) this.#limiter.release();
    if (this.#counted) this.#limiter.settings.active.dec();
    this.#admitted = false;
    this.#counted = false;
  }

  onAboveWriteBufferHighWatermark(): void {}
  onBelowWriteBufferLowWatermark(): void {}
}
