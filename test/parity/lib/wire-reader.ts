// Owns the harness's own reading of HTTP/1 messages from raw bytes, for both sides of the proxy under test. It shares no code
// with the proxy's codec, and it is strict: whatever a second parser could read differently (RFC 9112 sections 2.2, 5.1, 6.3, 7.1)
// is named in `problem`, which no message that leaves a proxy may have.

/** How the end of a body was told. `tunnel` is what follows 101 or a 2xx to CONNECT. */
export type Framing = 'none' | 'length' | 'chunked' | 'until-close' | 'tunnel';

/** One message as it was on the wire; strings are latin1, one character per byte. */
export interface WireMessage {
  start: string;
  /** `name: value` lines, in wire order and case. */
  headers: string[];
  framing: Framing;
  /** Decoded of chunks. */
  body: string;
  trailers: string[];
  complete: boolean;
  /** Why a second parser could read this message differently. Absent on a clean one. */
  problem?: string;
}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

const State = {
  Head: 0,
  Length: 1,
  ChunkSize: 2,
  ChunkData: 3,
  ChunkEnd: 4,
  Trailers: 5,
  UntilClose: 6,
  Dead: 7,
} as const;
type State = (typeof State)[keyof typeof State];

interface Entry {
  message: WireMessage;
  parts: Buffer[];
}

/** Reads one direction of one connection. */
export class WireReader {
  readonly messages: WireMessage[] = [];
  readonly #kind: 'request' | 'response';
  /** Bytes that are no HTTP, as they came; null where messages are read. */
  raw: string | null = null;
  readonly #methods: string[] = [];
  #pending: Buffer = Buffer.alloc(0);
  #state: State = State.Head;
  #left = 0;
  #entry: Entry | null = null;
  totalBytes = 0;

  constructor(kind: 'request' | 'response') {
    this.#kind = kind;
  }

  /** Tells a response reader which method its next unanswered request had (HEAD and CONNECT change the framing). */
  expectResponseTo(method: string): void {
    this.#methods.push(method);
  }

  /** Messages that ended, 1xx responses included. */
  get completed(): number {
    return this.messages.filter((m) => m.complete).length;
  }

  /** Final responses (not 1xx save 101) that ended. */
  get completedFinal(): number {
    return this.messages.filter((m) => m.complete && !isInterim(m)).length;
  }

  /** Bytes that are not yet part of any message. */
  get leftover(): string {
    return this.#state === State.Head ? this.#pending.toString('latin1') : '';
  }

  push(chunk: Buffer): void {
    this.totalBytes += chunk.length;
    if (this.raw !== null) {
      this.raw += chunk.toString('latin1');
      return;
    }
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    while (this.#step());
    this.#render();
  }

  /** The peer has closed: ends a body that lasts until then. */
  end(): void {
    if (this.#state === State.UntilClose && this.#entry) {
      this.#entry.message.complete = true;
      this.#render();
    }
    this.#state = State.Dead;
  }

  #step(): boolean {
    switch (this.#state) {
      case State.Head:
        return this.#readHead();
      case State.Length:
      case State.ChunkData:
        return this.#readCounted();
      case State.ChunkSize:
        return this.#readChunkSize();
      case State.ChunkEnd:
        return this.#readChunkEnd();
      case State.Trailers:
        return this.#readTrailers();
      case State.UntilClose:
        this.#take(this.#pending.length);
        return false;
      case State.Dead:
        return false;
    }
  }

  #readHead(): boolean {
    const end = this.#pending.indexOf('\r\n\r\n');
    if (end < 0) return false;
    const head = this.#pending.toString('latin1', 0, end);
    this.#pending = this.#pending.subarray(end + 4);
    const lines = head.split('\r\n');
    const message: WireMessage = {
      start: lines[0] ?? '',
      headers: lines.slice(1),
      framing: 'none',
      body: '',
      trailers: [],
      complete: false,
    };
    this.#entry = { message, parts: [] };
    this.messages.push(message);
    checkFields(message, message.headers);
    checkStart(message, this.#kind);
    this.#frame(message);
    return true;
  }

  #frame(message: WireMessage): void {
    const lengths = valuesOf(message.headers, 'content-length');
    const encodings = valuesOf(message.headers, 'transfer-encoding');
    if (lengths.length > 1) blame(message, 'more than one content-length');
    if (encodings.length > 1) blame(message, 'more than one transfer-encoding');
    if (lengths.length > 0 && encodings.length > 0) blame(message, 'content-length beside transfer-encoding');
    const upgradeTo101 = this.#kind === 'response' && message.start.split(' ')[1] === '101';
    if (this.#kind === 'response') {
      const status = Number(message.start.split(' ')[1]);
      const interim = status >= 100 && status < 200 && status !== 101;
      const method = interim ? '' : (this.#methods.shift() ?? 'GET');
      if (upgradeTo101 || (method === 'CONNECT' && status >= 200 && status < 300)) {
        message.framing = 'tunnel';
        this.#state = State.UntilClose;
        return;
      }
      if (interim || status === 204 || status === 304 || method === 'HEAD') {
        this.#finish();
        return;
      }
    }
    const coding = encodings[0];
    if (coding !== undefined) {
      if (coding.toLowerCase() !== 'chunked') blame(message, `transfer-encoding ${coding}`);
      message.framing = 'chunked';
      this.#state = State.ChunkSize;
      return;
    }
    const length = lengths[0];
    if (length !== undefined) {
      if (!/^\d+$/.test(length)) blame(message, `content-length ${length}`);
      message.framing = 'length';
      this.#left = Number.parseInt(length, 10) || 0;
      this.#state = State.Length;
      if (this.#left === 0) this.#finish();
      return;
    }
    if (this.#kind === 'response') {
      message.framing = 'until-close';
      this.#state = State.UntilClose;
      return;
    }
    if (valuesOf(message.headers, 'upgrade').length > 0 || message.start.startsWith('CONNECT ')) {
      // What follows belongs to the tunnel only once the other side agreed; the harness records it as such either way.
      message.framing = 'tunnel';
      this.#state = State.UntilClose;
      message.complete = true;
      return;
    }
    this.#finish();
  }

  #readCounted(): boolean {
    const size = Math.min(this.#left, this.#pending.length);
    this.#take(size);
    this.#left -= size;
    if (this.#left > 0) return false;
    if (this.#state === State.Length) this.#finish();
    else this.#state = State.ChunkEnd;
    return true;
  }

  #readChunkSize(): boolean {
    const end = this.#pending.indexOf('\r\n');
    if (end < 0) return false;
    const line = this.#pending.toString('latin1', 0, end);
    this.#pending = this.#pending.subarray(end + 2);
    if (!/^[0-9A-Fa-f]{1,8}$/.test(line) && this.#entry)
      blame(this.#entry.message, `chunk size line ${JSON.stringify(line)}`);
    this.#left = Number.parseInt(line, 16) || 0;
    this.#state = this.#left === 0 ? State.Trailers : State.ChunkData;
    return true;
  }

  #readChunkEnd(): boolean {
    if (this.#pending.length < 2) return false;
    if (this.#pending.toString('latin1', 0, 2) !== '\r\n' && this.#entry)
      blame(this.#entry.message, 'chunk not ended by CRLF');
    this.#pending = this.#pending.subarray(2);
    this.#state = State.ChunkSize;
    return true;
  }

  #readTrailers(): boolean {
    const end = this.#pending.indexOf('\r\n');
    if (end < 0 || !this.#entry) return false;
    const line = this.#pending.toString('latin1', 0, end);
    this.#pending = this.#pending.subarray(end + 2);
    const message = this.#entry.message;
    if (line === '') {
      this.#finish();
    } else {
      message.trailers.push(line);
      checkFields(message, [line]);
    }
    return true;
  }

  #take(size: number): void {
    if (size > 0) this.#entry?.parts.push(this.#pending.subarray(0, size));
    this.#pending = this.#pending.subarray(size);
  }

  #finish(): void {
    this.#render();
    if (this.#entry) this.#entry.message.complete = true;
    this.#entry = null;
    this.#state = State.Head;
  }

  #render(): void {
    if (!this.#entry) return;
    this.#entry.message.body = Buffer.concat(this.#entry.parts).toString('latin1');
  }
}

/** 1xx save 101, which ends the exchange. */
export function isInterim(message: WireMessage): boolean {
  return /^HTTP\/1\.[01] 1(?!01)\d\d/.test(message.start);
}

/** The values of all fields of that (lower-case) name. */
export function valuesOf(lines: readonly string[], name: string): string[] {
  const values: string[] = [];
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon > 0 && line.slice(0, colon).toLowerCase() === name) values.push(line.slice(colon + 1).trim());
  }
  return values;
}

function blame(message: WireMessage, problem: string): void {
  message.problem = message.problem === undefined ? problem : `${message.problem}; ${problem}`;
}

function checkStart(message: WireMessage, kind: 'request' | 'response'): void {
  const pattern =
    kind === 'request'
      ? /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+ [\x21-\x7e\x80-\xff]+ HTTP\/1\.[01]$/
      : /^HTTP\/1\.[01] \d{3} [^\r\n\0]*$/;
  if (!pattern.test(message.start)) blame(message, `start line ${JSON.stringify(message.start)}`);
  if (kind === 'request' && valuesOf(message.headers, 'host').length > 1) blame(message, 'more than one host');
}

function checkFields(message: WireMessage, lines: readonly string[]): void {
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon);
    if (colon <= 0 || !TOKEN.test(name)) blame(message, `field line ${JSON.stringify(line)}`);
    else if (/[\0\r\n]/.test(line)) blame(message, `NUL, CR or LF in field ${JSON.stringify(line)}`);
    // Lenient peers take an underscore for a hyphen (CGI), so that this names a framing field to them.
    else if (/^(content_length|transfer_encoding)$/i.test(name)) blame(message, `field ${name}`);
  }
}
