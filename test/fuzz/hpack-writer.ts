// A writer of header blocks that uses everything RFC 7541 allows, at random: each representation, Huffman code or not, names
// by index or written out, entries that push others out, changes of the table. Knows which fields its blocks mean.
import { codeLengths } from '../../src/http/codec/h2/hpack/huffman.ts';
import { staticNames, staticValues } from '../../src/http/codec/h2/hpack/static-table.ts';
import type { Random } from './mutator.ts';

export type Field = readonly [name: string, value: string];

const staticFields: readonly Field[] = staticNames
  .slice(1)
  .map((name, i): Field => [name?.name ?? '', staticValues[i + 1] ?? '']);

/** Symbols by their code, as bits. */
const codes: readonly string[] = (() => {
  const made: string[] = [];
  const order = codeLengths.map((_, symbol) => symbol).sort((a, b) => bitsOf(a) - bitsOf(b) || a - b);
  let code = 0;
  let bits = 0;
  for (const symbol of order) {
    code *= 2 ** (bitsOf(symbol) - bits);
    bits = bitsOf(symbol);
    made[symbol] = code.toString(2).padStart(bits, '0');
    code++;
  }
  return made;
})();

function bitsOf(symbol: number): number {
  return codeLengths[symbol] ?? 0;
}

export function huffman(text: string): string {
  let bits = '';
  for (const character of text) bits += codes[character.charCodeAt(0)];
  bits = bits.padEnd(Math.ceil(bits.length / 8) * 8, '1');
  return bits.replace(/.{8}/g, (octet) => String.fromCharCode(Number.parseInt(octet, 2)));
}

export function integer(pattern: number, prefix: number, value: number): string {
  const mask = 2 ** prefix - 1;
  if (value < mask) return String.fromCharCode(pattern | value);
  let text = String.fromCharCode(pattern | mask);
  let rest = value - mask;
  for (; rest >= 128; rest = Math.floor(rest / 128)) text += String.fromCharCode((rest % 128) | 128);
  return text + String.fromCharCode(rest);
}

export class HpackWriter {
  readonly #random: Random;
  /** The newest first. */
  readonly #table: Field[] = [];
  #tableSize = 4096;

  constructor(random: Random) {
    this.#random = random;
  }

  /** `changes`: the table may change, up to `limit`. */
  block(fields: readonly Field[], limit = 4096, changes = true): string {
    let text = '';
    if (changes && this.#random.below(8) === 0) {
      for (let i = 1 + this.#random.below(2); i > 0; i--) text += this.resize(this.#random.below(limit + 1));
      if (this.#random.below(2) === 0) text += this.resize(limit);
    }
    for (const field of fields) text += this.#field(field);
    return text;
  }

  resize(octets: number): string {
    this.#tableSize = octets;
    this.#evict();
    return integer(0x20, 5, octets);
  }

  #field(field: Field): string {
    const random = this.#random;
    const [name, value] = field;
    const all = [...staticFields, ...this.#table];
    const exact = all.findIndex((entry) => entry[0] === name && entry[1] === value);
    if (exact >= 0 && random.below(4) > 0) return integer(0x80, 7, exact + 1);
    const named = all.flatMap((entry, i) => (entry[0] === name ? [i + 1] : []));
    const index = named.length > 0 && random.below(4) > 0 ? random.pick(named) : 0;
    const rest = (index === 0 ? this.#string(name) : '') + this.#string(value);
    switch (random.below(4)) {
      case 0:
        return integer(0x00, 4, index) + rest;
      case 1:
        return integer(0x10, 4, index) + rest;
      default:
        this.#table.unshift(field);
        this.#evict();
        return integer(0x40, 6, index) + rest;
    }
  }

  #string(text: string): string {
    if (this.#random.below(2) === 0) return integer(0, 7, text.length) + text;
    const coded = huffman(text);
    return integer(0x80, 7, coded.length) + coded;
  }

  #evict(): void {
    const size = (): number => this.#table.reduce((sum, [name, value]) => sum + name.length + value.length + 32, 0);
    while (size() > this.#tableSize) this.#table.pop();
  }
}

const names = [
  'accept',
  'cache-control',
  'x-a',
  'x-b',
  'x-request-id',
  'date',
  'authorization',
  'age',
  'x-long-name-of-a-field',
];
const values = ['', '1', 'the same', 'a, b', '"q"', '\xe4\xff', 'text/html; q=0.5', 'x'.repeat(60)];

export function randomFields(random: Random): Field[] {
  return Array.from({ length: random.below(8) }, (): Field => {
    const name = random.below(6) === 0 ? `x-${random.below(40)}` : random.pick(names);
    const unique = Array.from({ length: random.below(40) }, () => String.fromCharCode(33 + random.below(94))).join('');
    return [name, random.below(3) === 0 ? unique : random.pick(values)];
  });
}
