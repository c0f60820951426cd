// Owns decoding of HPACK's Huffman code (RFC 7541 section 5.2 and appendix B): twelve bits at a time through a table, which are
// two of the symbols that most strings are made of (2.4 ns a symbol against 2.8 with a machine of states that takes four bits a step).
// We never encode with it: it costs more CPU than the bytes that it saves (DESIGN 3.1).

/**
 * Bits of each symbol's code; the last is EOS. The code is canonical: shorter codes come first, among equals smaller symbols,
 * so that lengths say all.
 */
export const codeLengths: readonly number[] = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28,
  28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
  13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6, 15, 5, 6, 5, 6,
  5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22, 22, 23,
  22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, 22, 21, 20, 22, 22,
  23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23, 26, 26,
  20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27,
  27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27,
  27, 27, 27, 26, 30,
];

const endOfString = 256;
/** Of an index into the table. */
const width = 12;

/**
 * What the next twelve bits begin with: one symbol or two, in the lowest two octets; their number, the bits of both and those of
 * the first from bit 16, 20 and 24 on. 0: a code of more than twelve bits.
 */
const table = new Int32Array(1 << width);
/** By bits: the first code of that many, and where their symbols begin in `symbols`. */
const firstCodes = new Uint32Array(31);
const firstSymbols = new Uint16Array(32);
/** In the order of their codes. */
const symbols = new Uint16Array(257);
build();

/** Of the string decoded last: all its symbols have short codes, which no message forbids in a value (printable ASCII). */
export let shortCodesOnly = true;

/**
 * Decodes `bytes[start, end)` into `out` from its beginning on, which must hold 8/5 of them and one more. Returns how many
 * octets there are; -1: not such a string.
 */
export function decodeHuffman(bytes: Uint8Array, start: number, end: number, out: Uint8Array): number {
  shortCodesOnly = true;
  const entries = table;
  let length = 0;
  let next = start;
  /** Of what was read the lowest bits are not decoded yet. */
  let window = 0;
  let bits = 0;
  while (next < end - 1) {
    if (bits < width) {
      window = (window << 16) | ((bytes[next] as number) << 8) | (bytes[next + 1] as number);
      next += 2;
      bits += 16;
    }
    const entry = entries[(window >>> (bits - width)) & ((1 << width) - 1)] as number;
    if (entry === 0) {
      const at = next * 8 - bits;
      const found = longCode(bytes, at, end);
      if (found === -1) return -1;
      out[length++] = found & 0xff;
      const then = at + (found >> 8);
      next = (then + 7) >> 3;
      bits = next * 8 - then;
      window = bytes[next - 1] as number;
      continue;
    }
    out[length] = entry & 0xff;
    out[length + 1] = (entry >> 8) & 0xff;
    length += (entry >> 16) & 0xf;
    bits -= (entry >> 20) & 0xf;
  }
  return decodeRest(bytes, next * 8 - bits, end, out, length);
}

/** Of the last octets: one symbol at a time as long as there are any, then no more than seven bits of padding, all ones. */
function decodeRest(bytes: Uint8Array, from: number, end: number, out: Uint8Array, before: number): number {
  let at = from;
  let length = before;
  while (at < end * 8) {
    const i = at >> 3;
    const word =
      ((bytes[i] as number) << 16) |
      ((i + 1 < end ? (bytes[i + 1] as number) : 0xff) << 8) |
      (i + 2 < end ? (bytes[i + 2] as number) : 0xff);
    const entry = table[(word >> (24 - width - (at & 7))) & ((1 << width) - 1)] as number;
    let size = entry >>> 24;
    let symbol = entry & 0xff;
    if (entry === 0) {
      const found = longCode(bytes, at, end);
      if (found === -1) break;
      size = found >> 8;
      symbol = found & 0xff;
    }
    if (at + size > end * 8) break;
    out[length++] = symbol;
    at += size;
  }
  const padding = (1 << (end * 8 - at)) - 1;
  return end * 8 - at < 8 && (padding === 0 || ((bytes[end - 1] as number) & padding) === padding) ? length : -1;
}

/** The symbol at a bit of `bytes`, and from bit 8 on the bits of its code. -1: there is none. */
function longCode(bytes: Uint8Array, at: number, end: number): number {
  let code = 0;
  for (let length = 1; length <= 30; length++) {
    const bit = at + length - 1;
    if (bit >> 3 >= end) return -1;
    code = code * 2 + (((bytes[bit >> 3] as number) >> (7 - (bit & 7))) & 1);
    const index = code - (firstCodes[length] as number);
    const count = (firstSymbols[length + 1] as number) - (firstSymbols[length] as number);
    if (index < 0 || index >= count) continue;
    const symbol = symbols[(firstSymbols[length] as number) + index] as number;
    if (symbol === endOfString) return -1;
    shortCodesOnly = false;
    return (length << 8) | symbol;
  }
  return -1;
}

function build(): void {
  const order = codeLengths.map((_, symbol) => symbol).sort((a, b) => lengthOf(a) - lengthOf(b) || a - b);
  symbols.set(order);
  let code = 0;
  let at = 0;
  /** Of each short code: its symbol and its bits, behind the bits that it stands for. */
  const short: { readonly code: number; readonly bits: number; readonly symbol: number }[] = [];
  for (let bits = 1; bits <= 30; bits++, code *= 2) {
    firstCodes[bits] = code;
    firstSymbols[bits] = at;
    for (; at < order.length && lengthOf(order[at] as number) === bits; at++, code++)
      if (bits <= width) short.push({ code, bits, symbol: order[at] as number });
  }
  firstSymbols[31] = at;
  for (const first of short) {
    const left = width - first.bits;
    fill(first.code, first.bits, first.symbol | (1 << 16) | (first.bits << 20) | (first.bits << 24));
    for (const second of short) {
      if (second.bits > left) continue;
      const bits = first.bits + second.bits;
      const both = first.symbol | (second.symbol << 8) | (2 << 16) | (bits << 20) | (first.bits << 24);
      fill(first.code * 2 ** second.bits + second.code, bits, both);
    }
  }
}

/** All that begins with `code`. */
function fill(code: number, bits: number, entry: number): void {
  table.fill(entry, code << (width - bits), (code + 1) << (width - bits));
}

function lengthOf(symbol: number): number {
  return codeLengths[symbol] as number;
}
