// Owns the judgement of clients that begin requests only to reset them (CVE-2023-44487): when most of a connection's streams were
// reset soon after they began, and without an answer, the connection ends. Envoy's runtime keys and rules.
import { type Runtime, RuntimeInteger } from '../../base/runtime.ts';
import type { StreamInfo } from '../../observability/stream-info.ts';

const totalKey = 'overload.premature_reset_total_stream_count';
const lifetimeKey = 'overload.premature_reset_min_stream_lifetime_seconds';

export interface PrematureResetRule {
  /** So many streams must be over before a share of them counts; before, it is a share of this number. */
  readonly total: number;
  /** Who is reset later has been worth the work. */
  readonly lifetimeMs: number;
}

export const defaultPrematureResets: PrematureResetRule = { total: 500, lifetimeMs: 1000 };

/** As the runtime has it. */
export class RuntimePrematureResets implements PrematureResetRule {
  readonly #total: RuntimeInteger;
  readonly #seconds: RuntimeInteger;

  constructor(runtime: Runtime) {
    this.#total = new RuntimeInteger(defaultPrematureResets.total, totalKey, runtime);
    this.#seconds = new RuntimeInteger(defaultPrematureResets.lifetimeMs / 1000, lifetimeKey, runtime);
  }

  get total(): number {
    return this.#total.value;
  }

  get lifetimeMs(): number {
    return this.#seconds.value * 1000;
  }
}

/** Of one connection. */
export class PrematureResets {
  readonly #rule: PrematureResetRule;
  #streams = 0;
  #premature = 0;

  constructor(rule: PrematureResetRule) {
    this.#rule = rule;
  }

  /** A stream is over; `now`: monotonic milliseconds. */
  count(info: StreamInfo, now: number): void {
    this.#streams++;
    if (info.responseCode === 0 && now - info.startTime <= this.#rule.lifetimeMs) this.#premature++;
  }

  get tooMany(): boolean {
    return this.#premature > 0 && this.#premature * 2 >= Math.max(this.#streams, this.#rule.total);
  }
}
