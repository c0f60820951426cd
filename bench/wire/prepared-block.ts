/**
 * A header block of which only ids change, as HPACK writes it: fields that stay stand in the peer's table from the first block
 * on and are one octet each, as with every common client and server; ids and credentials are literals in Huffman code.
 */
import { staticFieldIndex, staticNameIndex } from '../../src/http/codec/h2/hpack/static-table.ts';
import { pinnedName } from '../../src/http/headers/name.ts';
import { huffman, ID_CODE_LENGTH } from './ids.ts';

/** `ID` in a value stands for the id; what stands before it must fill whole octets of Huffman code. */
export type Fields = readonly (readonly [name: string, value: string])[];

const STATIC_COUNT = 61;
/** Field names that are never put into a table (RFC 7541 section 7.1.3). */
const secret = new Set(['authorization', 'cookie']);

function integer(pattern: number, prefix: number, value: number): string {
  const mask = (1 << prefix) - 1;
  if (value < mask) return String.fromCharCode(pattern | value);
  let rest = value - mask;
  let text = String.fromCharCode(pattern | mask);
  for (; rest >= 0x80; rest >>>= 7) text += String.fromCharCode((rest & 0x7f) | 0x80);
  return text + String.fromCharCode(rest);
}

const plain = (text: string): string => integer(0, 7, text.length) + text;
const coded = (text: string): string => {
  const code = huffman(text);
  return integer(0x80, 7, code.length) + code;
};

/** Around an id: the length of the whole, and what stands before and behind. */
function aroundId(value: string): [before: string, behind: string] {
  const at = value.indexOf('ID');
  const before = huffman(value.slice(0, at), true);
  const behind = huffman(value.slice(at + 2));
  return [integer(0x80, 7, before.length + ID_CODE_LENGTH + behind.length) + before, behind];
}

export class PreparedBlock {
  /** What stands between the ids, in the first block of a connection and in all others. */
  readonly #first: string[] = [''];
  readonly #later: string[] = [''];

  constructor(fields: Fields) {
    const kept = fields.filter(
      ([name, value]) =>
        !secret.has(name) &&
        (value.includes('ID')
          ? staticNameIndex(pinnedName(name)) === 0
          : staticFieldIndex(pinnedName(name), value) === 0),
    );
    /** Of an entry, once all are there. */
    const indexOf = (name: string): number => STATIC_COUNT + kept.length - kept.findIndex((field) => field[0] === name);
    for (const [name, value] of fields) {
      const info = pinnedName(name);
      const exact = staticFieldIndex(info, value);
      const nameIndex = staticNameIndex(info);
      const named = (pattern: number, prefix: number): string =>
        nameIndex === 0 ? String.fromCharCode(pattern) + plain(name) : integer(pattern, prefix, nameIndex);
      if (exact !== 0) this.#both(integer(0x80, 7, exact));
      else if (secret.has(name)) this.#both(named(0x10, 4) + coded(value));
      else if (value.includes('ID')) {
        const [before, behind] = aroundId(value);
        append(this.#first, (nameIndex === 0 ? named(0x40, 6) : named(0, 4)) + before, behind);
        append(this.#later, integer(0, 4, nameIndex === 0 ? indexOf(name) : nameIndex) + before, behind);
      } else {
        append(this.#first, named(0x40, 6) + plain(value));
        append(this.#later, integer(0x80, 7, indexOf(name)));
      }
    }
  }

  #both(text: string): void {
    append(this.#first, text);
    append(this.#later, text);
  }

  /** `code`: of the id. */
  write(first: boolean, code: string): string {
    const pieces = first ? this.#first : this.#later;
    let text = pieces[0] as string;
    for (let i = 1; i < pieces.length; i++) text += code + (pieces[i] as string);
    return text;
  }
}

/** To the last piece; `behind` an id begins the next. */
function append(pieces: string[], text: string, behind?: string): void {
  pieces[pieces.length - 1] += text;
  if (behind !== undefined) pieces.push(behind);
}
