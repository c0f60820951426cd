// Owns encoding of header blocks (RFC 7541 section 6). Blocks are byte strings, as everything is that one write takes along
// (DESIGN 3.1). A field goes into the peer's table when its name brings the same value a second time: what is new with each
// message (ids, dates, lengths) never pushes out what repeats.
import { NameFlag, type NameInfo } from '../../../headers/name.ts';
import { entryOverhead, staticCount, staticNameIndex, staticValuesOf } from './static-table.ts';

/** Values of one name that are remembered: more would be compared with each field. */
const maxValues = 4;
/** A larger field would push too much out. */
const maxShare = 4;
/** Names that are remembered. */
const maxNames = 256;

/** Of names that are found without a look into the map: a power of two. */
const recentNames = 64;

/** What is known of a name on one connection. */
class NameState {
  readonly name: NameInfo;
  /** In the static table; 0: not there. */
  readonly staticIndex: number;
  /** Of the static table's entries of that name, from `staticIndex` on. */
  readonly staticValues: readonly string[];
  /** Of entries of the table, with the number of the insertion. */
  readonly values: string[] = [];
  readonly insertions: number[] = [];
  /** Seen once, not in the table. */
  candidate: string | null = null;
  /** How the last literal of the name began: they mostly begin alike, as ids are as long as each other. */
  #prefix = '';
  #prefixIndex = -1;
  #prefixLength = -1;

  constructor(name: NameInfo) {
    this.name = name;
    this.staticIndex = staticNameIndex(name);
    this.staticValues = staticValuesOf(this.staticIndex);
  }

  /** Not in the table, before and after. `index`: of the name. */
  literal(index: number, value: string): string {
    const { length } = value;
    if (index !== this.#prefixIndex || length !== this.#prefixLength) {
      const { name } = this;
      const pattern = (name.flags & NameFlag.NeverIndex) !== 0 ? 0x10 : 0;
      this.#prefix = literalPrefix(pattern, 4, index, name, length);
      this.#prefixIndex = index;
      this.#prefixLength = length;
    }
    return this.#prefix + value;
  }
}

export class HpackEncoder {
  readonly #names = new Map<NameInfo, NameState>();
  readonly #recent: (NameState | null)[] = new Array<NameState | null>(recentNames).fill(null);
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
    const recent = this.#recent[name.serial & (recentNames - 1)] as NameState | null;
    const state = recent !== null && recent.name === name ? recent : this.#stateOf(name);
    if ((name.flags & NameFlag.NeverIndex) !== 0) return state.literal(this.#nameIndexOf(state), value);
    const { staticValues } = state;
    for (let i = 0; i < staticValues.length; i++)
      if (staticValues[i] === value) return octets[0x80 | (state.staticIndex + i)] as string;
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
    const index = this.#nameIndexOf(state);
    const size = name.name.length + value.length + entryOverhead;
    // Nor is it remembered: long values of many names would be held for as long as the connection lives.
    if (size * maxShare > this.#maxSize) return state.literal(index, value);
    if (state.candidate !== value) {
      state.candidate = value;
      return state.literal(index, value);
    }
    this.#insert(state, value, size);
    return literalPrefix(0x40, 6, index, name, value.length) + value;
  }

  #stateOf(name: NameInfo): NameState {
    let state = this.#names.get(name);
    if (state === undefined) {
      state = new NameState(name);
      // A peer that makes up names gets them as they are.
      if (this.#names.size >= maxNames) return state;
      this.#names.set(name, state);
    }
    this.#recent[name.serial & (recentNames - 1)] = state;
    return state;
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

/** All of a literal but its value. `index`: of the name; 0: it is written out. Not Huffman code: DESIGN 3.1. */
function literalPrefix(pattern: number, prefix: number, index: number, { name }: NameInfo, length: number): string {
  const head = index === 0 ? octets[pattern] + integer(0, 7, name.length) + name : integer(pattern, prefix, index);
  return head + integer(0, 7, length);
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
