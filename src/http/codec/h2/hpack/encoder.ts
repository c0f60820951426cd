// Owns encoding of header blocks (RFC 7541 section 6). Blocks are byte strings, as everything is that one write takes along
// (DESIGN 3.1). A field goes into the peer's table when its name brings the same value a second time: what is new with each
// message (ids, dates, lengths) never pushes out what repeats.
import { NameFlag, type NameInfo } from '../../../headers/name.ts';
import { entryOverhead, staticCount, staticFieldIndex, staticNameIndex } from './static-table.ts';

/** Values of one name that are remembered: more would be compared with each field. */
const maxValues = 4;
/** A larger field would push too much out. */
const maxShare = 4;
/** Names that are remembered. */
const maxNames = 256;

/** What is known of a name on one connection. */
class NameState {
  /** In the static table; 0: not there. */
  readonly staticIndex: number;
  /** Of entries of the table, with the number of the insertion. */
  readonly values: string[] = [];
  readonly insertions: number[] = [];
  /** Seen once, not in the table. */
  candidate: string | null = null;

  constructor(staticIndex: number) {
    this.staticIndex = staticIndex;
  }
}

export class HpackEncoder {
  readonly #names = new Map<NameInfo, NameState>();
  /** Sizes of the entries, the oldest first, from `#firstSize` on. */
  #sizes: number[] = [];
  #firstSize = 0;
  /** Entries made in all, and those of them that were pushed out. */
  #inserted = 0;
  #evicted = 0;
  #size = 0;
  #maxSize = 4096;
  /** To be told at the beginning of the next block; -1: nothing. */
  #smallest = -1;
  #announced = false;

  /** SETTINGS_HEADER_TABLE_SIZE of the peer, in octets; we use 4,096 of it at most. */
  setMaxTableSize(octets: number): void {
    const size = Math.min(octets, 4096);
    if (size === this.#maxSize) return;
    this.#smallest = this.#smallest === -1 ? size : Math.min(this.#smallest, size);
    this.#maxSize = size;
    this.#announced = true;
    this.#evictTo(this.#smallest);
  }

  /** What begins a block: empty, but after a change of the table. */
  begin(): string {
    if (!this.#announced) return '';
    this.#announced = false;
    const smallest = this.#smallest;
    this.#smallest = -1;
    const now = integer(0x20, 5, this.#maxSize);
    return smallest < this.#maxSize ? integer(0x20, 5, smallest) + now : now;
  }

  /** `value`: a byte string. */
  field(name: NameInfo, value: string): string {
    if ((name.flags & NameFlag.NeverIndex) !== 0) return literal(0x10, 4, this.#nameIndex(name), name, value);
    let state = this.#names.get(name);
    if (state === undefined) {
      const exact = staticFieldIndex(name, value);
      if (exact !== 0) return integer(0x80, 7, exact);
      state = new NameState(staticNameIndex(name));
      // A peer that makes up names gets them as they are.
      if (this.#names.size < maxNames) this.#names.set(name, state);
      state.candidate = value;
      return literal(0, 4, state.staticIndex, name, value);
    }
    const { values, insertions } = state;
    for (let i = 0; i < values.length; i++) {
      if (values[i] !== value) continue;
      const insertion = insertions[i] as number;
      if (insertion >= this.#evicted) return integer(0x80, 7, this.#indexOf(insertion));
      // It repeats, and was pushed out meanwhile.
      values.splice(i, 1);
      insertions.splice(i, 1);
      state.candidate = value;
      break;
    }
    if (state.staticIndex !== 0) {
      const exact = staticFieldIndex(name, value);
      if (exact !== 0) return integer(0x80, 7, exact);
    }
    const index = this.#nameIndexOf(state);
    if (state.candidate !== value) {
      state.candidate = value;
      return literal(0, 4, index, name, value);
    }
    const size = name.name.length + value.length + entryOverhead;
    if (size * maxShare > this.#maxSize) return literal(0, 4, index, name, value);
    const encoded = literal(0x40, 6, index, name, value);
    this.#insert(state, value, size);
    return encoded;
  }

  #nameIndex(name: NameInfo): number {
    const index = staticNameIndex(name);
    if (index !== 0) return index;
    const state = this.#names.get(name);
    return state === undefined ? 0 : this.#nameIndexOf(state);
  }

  #nameIndexOf({ staticIndex, insertions }: NameState): number {
    if (staticIndex !== 0) return staticIndex;
    const newest = insertions.at(-1);
    return newest === undefined || newest < this.#evicted ? 0 : this.#indexOf(newest);
  }

  #indexOf(insertion: number): number {
    return staticCount + this.#inserted - insertion;
  }

  #insert(state: NameState, value: string, size: number): void {
    this.#evictTo(this.#maxSize - size);
    if (state.values.length === maxValues) {
      state.values.shift();
      state.insertions.shift();
    }
    state.values.push(value);
    state.insertions.push(this.#inserted);
    state.candidate = null;
    this.#inserted++;
    this.#sizes.push(size);
    this.#size += size;
  }

  #evictTo(octets: number): void {
    while (this.#size > octets) {
      this.#size -= this.#sizes[this.#firstSize++] as number;
      this.#evicted++;
    }
    if (this.#firstSize < 64) return;
    this.#sizes = this.#sizes.slice(this.#firstSize);
    this.#firstSize = 0;
  }
}

/** `index`: of the name; 0: it is written out. */
function literal(pattern: number, prefix: number, index: number, name: NameInfo, value: string): string {
  const head = index === 0 ? `${octets[pattern]}${string(name.name)}` : integer(pattern, prefix, index);
  return head + string(value);
}

/** Not Huffman code: DESIGN 3.1. */
function string(text: string): string {
  return integer(0, 7, text.length) + text;
}

/** RFC 7541 section 5.1, behind the bits of `pattern`. */
function integer(pattern: number, prefix: number, value: number): string {
  const mask = (1 << prefix) - 1;
  if (value < mask) return octets[pattern | value] as string;
  let rest = value - mask;
  let text = octets[pattern | mask] as string;
  while (rest >= 0x80) {
    text += octets[(rest & 0x7f) | 0x80];
    rest >>>= 7;
  }
  return text + octets[rest];
}

const octets: readonly string[] = Array.from({ length: 256 }, (_, octet) => String.fromCharCode(octet));
