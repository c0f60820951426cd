// Owns the token bucket: so many tokens at most, filled evenly as time goes by, worked out when asked (no timer).

/** What adding up fractions may lose. */
const rounding = 1e-9;

export class TokenBucket {
  readonly maxTokens: number;
  readonly #tokensPerMs: number;
  #tokens: number;
  #since: number;

  /** Full from the start. `now` in monotonic milliseconds, as in all calls. */
  constructor(maxTokens: number, tokensPerSecond: number, now: number) {
    this.maxTokens = maxTokens;
    this.#tokensPerMs = tokensPerSecond / 1000;
    this.#tokens = maxTokens;
    this.#since = now;
  }

  #fill(now: number): void {
    if (now <= this.#since) return;
    this.#tokens = Math.min(this.maxTokens, this.#tokens + (now - this.#since) * this.#tokensPerMs);
    this.#since = now;
  }

  /** All of them or none; answers whether they were there. */
  take(tokens: number, now: number): boolean {
    this.#fill(now);
    if (this.#tokens + rounding < tokens) return false;
    this.#tokens = Math.max(0, this.#tokens - tokens);
    return true;
  }

  /** As many whole tokens as there are, up to `tokens`; answers how many. */
  takeUpTo(tokens: number, now: number): number {
    this.#fill(now);
    const taken = Math.min(tokens, Math.floor(this.#tokens + rounding));
    this.#tokens = Math.max(0, this.#tokens - taken);
    return taken;
  }

  /** Whole tokens left. */
  remaining(now: number): number {
    this.#fill(now);
    return Math.floor(this.#tokens + rounding);
  }

  /** Forgets what had gathered. */
  reset(tokens: number, now: number): void {
    this.#tokens = Math.min(tokens, this.maxTokens);
    this.#since = now;
  }

  /** Milliseconds, rounded up, until there is one whole token. */
  untilNext(now: number): number {
    this.#fill(now);
    const missing = 1 - rounding - this.#tokens;
    return missing <= 0 ? 0 : Math.ceil(missing / this.#tokensPerMs);
  }
}
