// Owns the process's wish that connections end: /healthcheck/fail, /drain_listeners?graceful, shutdown. Connection
// managers ask it for each response.
// Source: https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/operations/draining
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import type { ProcessDrain, TrafficDirection } from '../upstream/services.ts';

export class DrainManager implements ProcessDrain {
  /** /healthcheck/fail was called. */
  healthCheckFailed = false;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #drainTimeMs: number;
  readonly #strategy: 'gradual' | 'immediate';
  #startedAt = -1;
  #direction: TrafficDirection | null = null;

  constructor(clock: Clock, random: Random, drainTimeMs: number, strategy: 'gradual' | 'immediate') {
    this.#clock = clock;
    this.#random = random;
    this.#drainTimeMs = drainTimeMs;
    this.#strategy = strategy;
  }

  /** Null: every direction. */
  start(direction: TrafficDirection | null): void {
    if (this.#startedAt < 0) {
      this.#startedAt = this.#clock.monotonic();
      this.#direction = direction;
    } else if (this.#direction !== direction) this.#direction = null;
  }

  get draining(): boolean {
    return this.#startedAt >= 0;
  }

  drainClose(direction: TrafficDirection, modifyOnly: boolean): boolean {
    if (this.healthCheckFailed && !modifyOnly) return true;
    if (this.#startedAt < 0 || (this.#direction !== null && this.#direction !== direction)) return false;
    return this.hasComeTo(this.#startedAt);
  }

  hasComeTo(since: number): boolean {
    if (this.#strategy === 'immediate') return true;
    // Spread over the drain time, so that clients do not all reconnect at once.
    return this.#random.fraction() * this.#drainTimeMs < this.#clock.monotonic() - since;
  }
}
