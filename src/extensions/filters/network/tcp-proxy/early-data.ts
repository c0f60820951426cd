// Owns what a client has sent before there was anywhere to put it, within its limit.

export class EarlyData {
  readonly #limit: number;
  readonly #kept: Buffer[] = [];
  #bytes = 0;
  #end = false;
  #begun = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get isEmpty(): boolean {
    return !this.#begun;
  }

  /** No more should be read. */
  get isFull(): boolean {
    return this.#bytes > this.#limit;
  }

  /** Borrowed `data`. */
  add(data: Buffer, endStream: boolean): void {
    this.#begun = true;
    if (data.length > 0) this.#kept.push(Buffer.from(data));
    this.#bytes += data.length;
    this.#end ||= endStream;
  }

  take(): { readonly data: Buffer; readonly endStream: boolean } {
    return { data: Buffer.concat(this.#kept), endStream: this.#end };
  }
}
