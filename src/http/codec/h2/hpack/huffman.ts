// Owns decoding of HPACK's Huffman code (RFC 7541 section 5.2 and appendix B): four bits at a time through a table of states.
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
/** A step of the table: the next state in the lowest octet, the symbol in the next, then what it means. */
const emits = 1 << 16;
const fails = 1 << 17;

/** By state and four bits. */
const steps = new Uint32Array(256 * 16);
/** States in which a string may end: no more than seven bits of padding, all ones. */
const mayEnd = new Uint8Array(256);
build();

/**
 * Decodes `bytes[start, end)` into `out` from its beginning on, which must hold 8/5 of them. Returns how many octets there
 * are; -1: not such a string.
 */
export function decodeHuffman(bytes: Uint8Array, start: number, end: number, out: Uint8Array): number {
  let state = 0;
  let length = 0;
  for (let i = start; i < end; i++) {
    const octet = bytes[i] as number;
    let step = steps[(state << 4) | (octet >> 4)] as number;
    if ((step & emits) !== 0) out[length++] = (step >> 8) & 0xff;
    else if ((step & fails) !== 0) return -1;
    step = steps[((step & 0xff) << 4) | (octet & 15)] as number;
    if ((step & emits) !== 0) out[length++] = (step >> 8) & 0xff;
    else if ((step & fails) !== 0) return -1;
    state = step & 0xff;
  }
  return mayEnd[state] === 1 ? length : -1;
}

interface Node {
  /** Of an inner node: its state. */
  readonly state: number;
  readonly next: [Node | null, Node | null];
  readonly symbol: number;
}

function build(): void {
  let states = 0;
  const inner = (): Node => ({ state: states++, next: [null, null], symbol: -1 });
  const root = inner();
  const nodes = [root];
  const order = codeLengths.map((_, symbol) => symbol).sort((a, b) => lengthOf(a) - lengthOf(b) || a - b);
  let code = 0;
  let bits = 0;
  for (const symbol of order) {
    code *= 2 ** (lengthOf(symbol) - bits);
    bits = lengthOf(symbol);
    let node = root;
    for (let bit = bits - 1; bit > 0; bit--) {
      const way = (code >>> bit) & 1;
      let child = node.next[way as 0 | 1];
      if (child === null) {
        child = inner();
        nodes.push(child);
        node.next[way as 0 | 1] = child;
      }
      node = child;
    }
    node.next[(code & 1) as 0 | 1] = { state: -1, next: [null, null], symbol };
    code++;
  }
  for (const node of nodes)
    for (let nibble = 0; nibble < 16; nibble++) steps[(node.state << 4) | nibble] = walk(root, node, nibble);
  let padding: Node | null = root;
  for (let i = 0; i < 8 && padding !== null; i++) {
    mayEnd[padding.state] = 1;
    padding = padding.next[1];
  }
}

/** What four bits lead to from `from`; no code is so short that they end two symbols. */
function walk(root: Node, from: Node, nibble: number): number {
  let node = from;
  let result = 0;
  for (let bit = 3; bit >= 0; bit--) {
    const next = node.next[((nibble >> bit) & 1) as 0 | 1];
    // Only codes that do not exist lead nowhere: the code is complete.
    if (next === null || next.symbol === endOfString) return fails;
    if (next.symbol >= 0) {
      result = emits | (next.symbol << 8);
      node = root;
    } else {
      node = next;
    }
  }
  return result | node.state;
}

function lengthOf(symbol: number): number {
  return codeLengths[symbol] as number;
}
