// Owns the harness's own HPACK (RFC 7541), which shares nothing with the proxy's: every field goes out as a literal without
// indexing and without Huffman, so that any octets can be sent; whatever a proxy may use is read.

export type Field = readonly [name: string, value: string];

/** Appendix A, from index 1 on. */
const STATIC: readonly Field[] = [
  ':authority|:method: GET|:method: POST|:path: /|:path: /index.html|:scheme: http|:scheme: https|:status: 200|:status: 204',
  ':status: 206|:status: 304|:status: 400|:status: 404|:status: 500|accept-charset|accept-encoding: gzip, deflate',
  'accept-language|accept-ranges|accept|access-control-allow-origin|age|allow|authorization|cache-control',
  'content-disposition|content-encoding|content-language|content-length|content-location|content-range|content-type|cookie',
  'date|etag|expect|expires|from|host|if-match|if-modified-since|if-none-match|if-range|if-unmodified-since|last-modified',
  'link|location|max-forwards|proxy-authenticate|proxy-authorization|range|referer|refresh|retry-after|server|set-cookie',
  'strict-transport-security|transfer-encoding|user-agent|vary|via|www-authenticate',
]
  .join('|')
  .split('|')
  .map((entry) => fieldOf(entry));

/** Appendix B: length of the code → its symbols. Shorter codes come first, among equals smaller symbols: that says all. */
const SYMBOLS: readonly [bits: number, symbols: string][] = [
  [5, '48-50 97 99 101 105 111 115-116'],
  [6, '32 37 45-47 51-57 61 65 95 98 100 102-104 108-110 112 114 117'],
  [7, '58 66-87 89 106-107 113 118-122'],
  [8, '38 42 44 59 88 90'],
  [10, '33-34 40-41 63'],
  [11, '39 43 124'],
  [12, '35 62'],
  [13, '0 36 64 91 93 126'],
  [14, '94 125'],
  [15, '60 96 123'],
  [19, '92 195 208'],
  [20, '128 130-131 162 184 194 224 226'],
  [21, '153 161 167 172 176-177 179 209 216-217 227 229-230'],
  [22, '129 132-134 136 146 154 156 160 163-164 169-170 173 178 181 185-187 189-190 196 198 228 232-233'],
  [23, '1 135 137-141 143 147 149-152 155 157-158 165-166 168 174-175 180 182-183 188 191 197 231 239'],
  [24, '9 142 144-145 148 159 171 206 215 225 236-237'],
  [25, '199 207 234-235'],
  [26, '192-193 200-202 205 210 213 218-219 238 240 242-243 255'],
  [27, '203-204 211-212 214 221-223 241 244-248 250-254'],
  [28, '2-8 11-12 14-21 23-31 127 220 249'],
  [30, '10 13 22 256'],
];

/** `1` and the code's bits, as a number → symbol. */
const CODES = codes();

function codes(): Map<number, number> {
  const result = new Map<number, number>();
  let code = 0;
  let length = 0;
  for (const [bits, symbols] of SYMBOLS) {
    code <<= bits - length;
    length = bits;
    for (const part of symbols.split(' ')) {
      const [from, to] = part.split('-').map(Number);
      for (let symbol = from ?? 0; symbol <= (to ?? from ?? 0); symbol++) result.set(2 ** bits + code++, symbol);
    }
  }
  return result;
}

/** `name: value`, where the name may be a pseudo-header's. */
export function fieldOf(line: string): Field {
  const colon = line.indexOf(':', 1);
  return colon < 0 ? [line, ''] : [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, '')];
}

export function encodeBlock(fields: readonly Field[]): Buffer {
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.of(0), encodeText(name), encodeText(value)]));
}

function encodeText(text: string): Buffer {
  return Buffer.concat([encodeInteger(text.length, 7), Buffer.from(text, 'latin1')]);
}

function encodeInteger(value: number, prefix: number): Buffer {
  const most = 2 ** prefix - 1;
  if (value < most) return Buffer.of(value);
  const octets = [most];
  let left = value - most;
  for (; left >= 128; left = Math.floor(left / 128)) octets.push((left % 128) + 128);
  return Buffer.of(...octets, left);
}

/** One direction of one connection. What it cannot read it throws. */
export class HpackDecoder {
  readonly #dynamic: Field[] = [];
  #capacity = 4096;
  #block: Buffer = Buffer.alloc(0);
  #at = 0;

  decode(block: Buffer): Field[] {
    this.#block = block;
    this.#at = 0;
    const fields: Field[] = [];
    while (this.#at < block.length) {
      const first = block[this.#at] ?? 0;
      if (first >= 0x80) fields.push(this.#entry(this.#integer(7)));
      else if (first >= 0x40) fields.push(this.#add(this.#literal(6)));
      else if (first >= 0x20) this.#resize(this.#integer(5));
      else fields.push(this.#literal(4));
    }
    return fields;
  }

  #literal(prefix: number): Field {
    const index = this.#integer(prefix);
    const name = index === 0 ? this.#text() : this.#entry(index)[0];
    return [name, this.#text()];
  }

  #entry(index: number): Field {
    const field = STATIC[index - 1] ?? this.#dynamic[index - 1 - STATIC.length];
    if (field === undefined) throw new Error(`no field has index ${index}`);
    return field;
  }

  #add(field: Field): Field {
    this.#dynamic.unshift(field);
    this.#evict();
    return field;
  }

  #resize(capacity: number): void {
    this.#capacity = capacity;
    this.#evict();
  }

  #evict(): void {
    const size = () => this.#dynamic.reduce((sum, [name, value]) => sum + name.length + value.length + 32, 0);
    while (size() > this.#capacity) this.#dynamic.pop();
  }

  #octet(): number {
    const octet = this.#block[this.#at++];
    if (octet === undefined) throw new Error('the block ends within a field');
    return octet;
  }

  #integer(prefix: number): number {
    const most = 2 ** prefix - 1;
    let value = this.#octet() & most;
    if (value < most) return value;
    for (let factor = 1; ; factor *= 128) {
      const octet = this.#octet();
      value += (octet & 127) * factor;
      if (octet < 128) return value;
    }
  }

  #text(): string {
    const huffman = (this.#block[this.#at] ?? 0) >= 0x80;
    const length = this.#integer(7);
    const octets = this.#block.subarray(this.#at, this.#at + length);
    if (octets.length < length) throw new Error('the block ends within a string');
    this.#at += length;
    return huffman ? fromHuffman(octets) : octets.toString('latin1');
  }
}

function fromHuffman(octets: Buffer): string {
  let text = '';
  let code = 1;
  for (const octet of octets) {
    for (let bit = 7; bit >= 0; bit--) {
      code = code * 2 + ((octet >> bit) & 1);
      const symbol = CODES.get(code);
      if (symbol === undefined) continue;
      text += String.fromCharCode(symbol);
      code = 1;
    }
  }
  // What is left is padding: fewer than eight bits, all ones.
  if (code >= 256 || !/^1+$/.test(code.toString(2))) throw new Error('a string has bad padding');
  return text;
}
