// Owns how long to wait before a stream is opened again: anything up to an interval that doubles with each failure, so that
// the clients of a control plane that comes back do not all come at once.

/** Envoy's, where the service's retry_policy says nothing else. */
const defaultBaseMs = 500;
const defaultMaxMs = 30_000;

export interface BackOffInterval {
  readonly baseMs: number;
  readonly maxMs: number;
}

export class ReconnectDelay {
  readonly #interval: BackOffInterval;
  readonly #random: { fraction(): number };
  #nextMs: number;

  constructor(interval: BackOffInterval | null, random: { fraction(): number }) {
    this.#interval = interval ?? { baseMs: defaultBaseMs, maxMs: defaultMaxMs };
    this.#random = random;
    this.#nextMs = this.#interval.baseMs;
  }

  /** Milliseconds. */
  next(): number {
    const ceiling = this.#nextMs;
    this.#nextMs = Math.min(this.#interval.maxMs, ceiling * 2);
    return Math.floor(this.#random.fraction() * ceiling);
  }

  /** The server has answered: the next failure is a first one. */
  reset(): void {
    this.#nextMs = this.#interval.baseMs;
  }
}
