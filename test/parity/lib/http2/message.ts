// Owns what came on one stream, and the strict eye on it: what RFC 9113 section 8 forbids is named in `problem`, which no
// message that leaves a proxy may have.
import type { Field } from './hpack.ts';

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
const OF_CONNECTION = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
];

export class Http2Stream {
  readonly id: number;
  /** Fields of 1xx answers. */
  readonly interim: Field[][] = [];
  headers: Field[] | null = null;
  readonly body: Buffer[] = [];
  bodyBytes = 0;
  trailers: Field[] | null = null;
  /** What carried the end of the stream. */
  end: 'headers' | 'data' | 'trailers' | null = null;
  /** The code that the proxy has reset it with. */
  reset: string | null = null;
  problem: string | null = null;
  /** We have ended or reset it. */
  left = false;
  /** How much we may send on it. */
  sendWindow: number;
  readonly #kind: 'request' | 'response';

  constructor(id: number, kind: 'request' | 'response', sendWindow: number) {
    this.id = id;
    this.#kind = kind;
    this.sendWindow = sendWindow;
  }

  /** Nothing more will come on it. */
  get done(): boolean {
    return this.end !== null || this.reset !== null;
  }

  onBlock(fields: Field[], endStream: boolean): void {
    if (this.done) this.blame('a field block after its end');
    if (this.headers === null && this.#kind === 'response' && /^1\d\d$/.test(firstOf(fields, ':status') ?? '')) {
      this.interim.push(fields);
      if (endStream) this.blame('1xx ends the stream');
    } else if (this.headers === null) {
      this.headers = fields;
      if (endStream) this.#onEnd('headers');
    } else {
      if (this.trailers !== null || !endStream) this.blame('a field block that is neither head nor trailers');
      this.trailers = fields;
      this.#onEnd('trailers');
    }
    this.#check(fields);
  }

  onData(data: Buffer, endStream: boolean): void {
    if (this.headers === null) this.blame('DATA before HEADERS');
    if (this.done) this.blame('DATA after its end');
    this.body.push(data);
    this.bodyBytes += data.length;
    if (endStream) this.#onEnd('data');
  }

  onReset(code: string): void {
    if (this.reset !== null) this.blame('reset twice');
    this.reset = code;
  }

  blame(problem: string): void {
    this.problem = this.problem === null ? problem : `${this.problem}; ${problem}`;
  }

  #onEnd(by: 'headers' | 'data' | 'trailers'): void {
    this.end = by;
    const length = firstOf(this.headers ?? [], 'content-length');
    // To HEAD, and in 304, it says what another answer would have had.
    if (length === undefined || (by === 'headers' && this.#kind === 'response')) return;
    if (Number(length) !== this.bodyBytes) this.blame(`content-length ${length} of ${this.bodyBytes} octets`);
  }

  #check(fields: readonly Field[]): void {
    const trailers = fields === this.trailers;
    const pseudo = this.#kind === 'request' ? [':method', ':scheme', ':authority', ':path', ':protocol'] : [':status'];
    let regular = false;
    const seen = new Set<string>();
    for (const [name, value] of fields) {
      if (/[\0\r\n]/.test(value) || /^[ \t]|[ \t]$/.test(value))
        this.blame(`value of ${name}: ${JSON.stringify(value)}`);
      if (name.startsWith(':')) {
        if (regular || trailers || seen.has(name) || !pseudo.includes(name)) this.blame(`${name} where it may not be`);
        seen.add(name);
        continue;
      }
      regular = true;
      if (!TOKEN.test(name)) this.blame(`name ${JSON.stringify(name)}`);
      if (OF_CONNECTION.includes(name)) this.blame(`field ${name}`);
      if (name === 'te' && value !== 'trailers') this.blame(`te: ${value}`);
      if ((name === 'host' || name === 'content-length') && seen.has(name)) this.blame(`more than one ${name}`);
      seen.add(name);
    }
    if (trailers) return;
    const connect = firstOf(fields, ':method') === 'CONNECT' && !seen.has(':protocol');
    const needed =
      this.#kind === 'response' ? [':status'] : connect ? [':method', ':authority'] : [':method', ':scheme', ':path'];
    for (const name of needed) if (!seen.has(name)) this.blame(`${name} is missing`);
  }
}

export function firstOf(fields: readonly Field[], name: string): string | undefined {
  return fields.find((field) => field[0] === name)?.[1];
}

export function line([name, value]: Field): string {
  return `${name}: ${value}`;
}
