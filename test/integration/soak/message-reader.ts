// Owns the little HTTP/1.1 reading that the soak programs need on raw sockets: messages with Content-Length, bodies whole.
// It is no parser to learn from: whatever it does not expect is an error, as both ends are written for each other.

const HEAD_END = Buffer.from('\r\n\r\n');

export class MessageReader {
  readonly #onMessage: (head: string, body: Buffer) => void;
  #rest: Buffer = Buffer.alloc(0);
  #head = '';
  /** Bytes of body still to come; -1 while the head is not whole. */
  #needed = -1;

  constructor(onMessage: (head: string, body: Buffer) => void) {
    this.#onMessage = onMessage;
  }

  /** Calls back for each message that `chunk` completes. Throws on framing other than Content-Length. */
  feed(chunk: Buffer): void {
    let data = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    for (;;) {
      if (this.#needed < 0) {
        const end = data.indexOf(HEAD_END);
        if (end < 0) break;
        this.#head = data.toString('latin1', 0, end);
        data = data.subarray(end + HEAD_END.length);
        if (/\r\ntransfer-encoding:/i.test(this.#head)) throw new Error(`unexpected framing: ${this.#head}`);
        this.#needed = Number(headerOf(this.#head, 'content-length') ?? 0);
      }
      if (data.length < this.#needed) break;
      const body = data.subarray(0, this.#needed);
      data = data.subarray(this.#needed);
      this.#needed = -1;
      this.#onMessage(this.#head, body);
    }
    // A copy: what was read belongs to the stream's pool.
    this.#rest = data.length === 0 ? data : Buffer.from(data);
  }
}

/** Value of a header in a head of text, names in any case. */
export function headerOf(head: string, name: string): string | undefined {
  const lower = head.toLowerCase();
  const at = lower.indexOf(`\r\n${name}:`);
  if (at < 0) return undefined;
  const from = at + name.length + 3;
  const end = head.indexOf('\r\n', from);
  return head.slice(from, end < 0 ? undefined : end).trim();
}
