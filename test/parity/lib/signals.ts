// Owns waiting without sleeping: everything that happens in a scenario calls `changed`, and whoever waits looks again. Named
// signals let the client's script release the upstream's.

interface Waiter {
  done: () => boolean;
  resolve: () => void;
}

export class Signals {
  readonly #given = new Set<string>();
  #waiting: Waiter[] = [];
  /** Grows with every event; a run that has been quiet since has the same number. */
  events = 0;
  #ended = false;

  changed(): void {
    this.events++;
    this.#look();
  }

  give(name: string): void {
    this.#given.add(name);
    this.changed();
  }

  given(name: string): Promise<void> {
    return this.until(() => this.#given.has(name));
  }

  /** Resolves once `done` holds, or the scenario has ended. */
  until(done: () => boolean): Promise<void> {
    if (this.#ended || done()) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.push({ done, resolve });
    });
  }

  /** The same, with a limit; false when the limit came first. */
  async within(limitMs: number, done: () => boolean): Promise<boolean> {
    let expired = false;
    const timer = setTimeout(() => {
      expired = true;
      this.#look();
    }, limitMs);
    await this.until(() => expired || done());
    clearTimeout(timer);
    return done();
  }

  /** Releases everybody who still waits: the scenario is over. */
  end(): void {
    this.#ended = true;
    this.#look();
  }

  #look(): void {
    if (this.#waiting.length === 0) return;
    const still: Waiter[] = [];
    const ready: Waiter[] = [];
    for (const entry of this.#waiting) (this.#ended || entry.done() ? ready : still).push(entry);
    this.#waiting = still;
    for (const entry of ready) entry.resolve();
  }
}
