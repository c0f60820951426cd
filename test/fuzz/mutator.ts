// Seeded random numbers and a mutator of bytes that knows where HTTP/1 parsers go wrong.

/** mulberry32: small, and the same sequence on every machine. */
export class Random {
  #state: number;
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }
  pick<T>(list: readonly T[]): T {
    const item = list[this.below(list.length)];
    if (item === undefined) throw new Error('pick from an empty list');
    return item;
  }
}

const tokens = [
  '\r',
  '\n',
  '\r\n',
  '\r\n\r\n',
  ' ',
  '\t',
  ':',
  ',',
  ';',
  '\0',
  '\x0b',
  '\x7f',
  '\x80',
  '\xff',
  '_',
  '-',
  '+',
  '0',
  '1',
  '3',
  'a',
  'F',
  '"',
  '#',
  '?',
  '/',
  '*',
  '@',
  'chunked',
  'Chunked',
  'gzip',
  'identity',
  'Content-Length: 3\r\n',
  'content-length:3\r\n',
  'Transfer-Encoding: chunked\r\n',
  'transfer-encoding:\r\n chunked\r\n',
  'Transfer-Encoding : chunked\r\n',
  'Host: b\r\n',
  'Connection: close\r\n',
  'Connection: upgrade\r\nUpgrade: websocket\r\n',
  'Expect: 100-continue\r\n',
  '0\r\n\r\n',
  '3\r\nabc\r\n',
  'HTTP/1.1',
  'HTTP/1.0',
  'GET / HTTP/1.1\r\nHost: h\r\n\r\n',
  'x: y\r\n',
  ' z\r\n',
] as const;

/** One to four changes. */
export function mutate(text: string, others: readonly string[], random: Random): string {
  let out = text;
  for (let n = 1 + random.below(4); n > 0; n--) {
    const at = random.below(out.length + 1);
    const length = 1 + random.below(random.below(4) === 0 ? 24 : 3);
    switch (random.below(8)) {
      case 0:
      case 1:
        out = out.slice(0, at) + random.pick(tokens) + out.slice(at);
        break;
      case 2:
        out = out.slice(0, at) + random.pick(tokens) + out.slice(at + length);
        break;
      case 3:
        out = out.slice(0, at) + out.slice(at + length);
        break;
      case 4:
        out = out.slice(0, at) + String.fromCharCode(random.below(256)) + out.slice(at + 1);
        break;
      case 5:
        out = out.slice(0, at) + out.slice(at, at + length) + out.slice(at);
        break;
      case 6: {
        const lines = out.split('\r\n');
        const from = random.below(lines.length);
        const line = lines[from] ?? '';
        lines.splice(from, 1);
        lines.splice(random.below(lines.length + 1), 0, line);
        out = lines.join('\r\n');
        break;
      }
      default: {
        const other = random.pick(others);
        out = out.slice(0, at) + other.slice(random.below(other.length + 1));
      }
    }
  }
  return out.slice(0, 4096);
}

/** Cuts at random places; one time in four octet by octet. */
export function split(text: string, random: Random): string[] {
  if (random.below(4) === 0) return [...text];
  const cuts = Array.from({ length: 1 + random.below(6) }, () => random.below(text.length + 1)).sort((a, b) => a - b);
  const pieces: string[] = [];
  let from = 0;
  for (const cut of [...cuts, text.length]) {
    if (cut > from) pieces.push(text.slice(from, cut));
    from = Math.max(from, cut);
  }
  return pieces;
}
