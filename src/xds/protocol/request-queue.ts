// Owns whose turn it is on a stream: types in the order in which they had something to say, those that pause passed over.

export class RequestQueue {
  readonly #waiting = new Set<string>();
  readonly #pauses = new Map<string, number>();

  /** Keeps its place when it stands there already. */
  push(typeUrl: string): void {
    this.#waiting.add(typeUrl);
  }

  /** Null when nobody may speak. */
  take(): string | null {
    for (const typeUrl of this.#waiting) {
      if (this.#pauses.has(typeUrl)) continue;
      this.#waiting.delete(typeUrl);
      return typeUrl;
    }
    return null;
  }

  /** Counts. Nothing of the type is sent until it resumes as often. */
  pause(typeUrl: string): void {
    this.#pauses.set(typeUrl, (this.#pauses.get(typeUrl) ?? 0) + 1);
  }

  resume(typeUrl: string): void {
    const count = this.#pauses.get(typeUrl) ?? 0;
    if (count > 1) this.#pauses.set(typeUrl, count - 1);
    else this.#pauses.delete(typeUrl);
  }

  /** A new stream: what waited on the old one has no meaning any more. */
  clear(): void {
    this.#waiting.clear();
  }

  /** For control_plane.pending_requests. */
  get size(): number {
    return this.#waiting.size;
  }
}
