// Owns the question whether the peer still lives (connection_keepalive): a PING now and then, and how long its answer may take.
// Source: https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/core/v3/protocol.proto#config-core-v3-keepalivesettings
import type { Clock } from '../../../base/clock.ts';
import type { Random } from '../../../base/random.ts';
import type { Timer, TimerHandler, Timers } from '../../../base/timers.ts';

/** Milliseconds. */
export interface KeepaliveSettings {
  /** Between an answer and the next PING; 0: none are sent by time. */
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** At most so much of the interval is added to it, at random: 0 to 1. */
  readonly jitter: number;
  /** Without bytes for so long, a new stream (of a client) is sent with a PING in front; 0: none is. */
  readonly idleIntervalMs: number;
}

export interface KeepaliveServices {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
}

export interface KeepaliveOwner {
  sendPing(): void;
  onKeepaliveTimeout(): void;
}

export class Keepalive implements TimerHandler {
  readonly #owner: KeepaliveOwner;
  readonly #settings: KeepaliveSettings;
  readonly #services: KeepaliveServices;
  #next: Timer | null = null;
  /** Of the answer; null: none is awaited. */
  #timeout: Timer | null = null;
  #lastBytes: number;

  constructor(owner: KeepaliveOwner, settings: KeepaliveSettings, services: KeepaliveServices) {
    this.#owner = owner;
    this.#settings = settings;
    this.#services = services;
    this.#lastBytes = services.clock.monotonic();
    this.#schedule();
  }

  #schedule(): void {
    const { intervalMs, jitter } = this.#settings;
    if (intervalMs === 0) return;
    const delay = intervalMs * (1 + jitter * this.#services.random.fraction());
    this.#next = this.#services.timers.schedule(delay, this);
  }

  #ping(): void {
    this.#next?.cancel();
    this.#next = null;
    this.#owner.sendPing();
    this.#timeout = this.#services.timers.schedule(this.#settings.timeoutMs, this);
  }

  /** Whoever sends anything lives: an answer may stand behind much else. */
  onBytes(): void {
    this.#timeout?.refresh();
    if (this.#settings.idleIntervalMs > 0) this.#lastBytes = this.#services.clock.monotonic();
  }

  onAnswer(): void {
    if (this.#timeout === null) return;
    this.#timeout.cancel();
    this.#timeout = null;
    this.#schedule();
  }

  onNewStream(): void {
    const { idleIntervalMs } = this.#settings;
    if (idleIntervalMs === 0 || this.#timeout !== null) return;
    if (this.#services.clock.monotonic() - this.#lastBytes > idleIntervalMs) this.#ping();
  }

  onTimer(timer: Timer): void {
    if (timer === this.#next) {
      this.#ping();
    } else if (timer === this.#timeout) {
      this.#timeout = null;
      this.#owner.onKeepaliveTimeout();
    }
  }

  stop(): void {
    this.#next?.cancel();
    this.#timeout?.cancel();
    this.#next = null;
    this.#timeout = null;
  }
}
