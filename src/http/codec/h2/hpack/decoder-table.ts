// Owns the dynamic table of a decoder (RFC 7541 section 2.3.2): a ring, the newest entry first by index, bounded in octets.
import type { NameInfo } from '../../../headers/name.ts';
import { entryOverhead } from './static-table.ts';

export class DecoderTable {
  /** A power of two of slots. */
  #names: (NameInfo | null)[] = new Array<NameInfo | null>(16).fill(null);
  #values: string[] = new Array<string>(16).fill('');
  #valid: boolean[] = new Array<boolean>(16).fill(true);
  /** Slot of the next entry. */
  #next = 0;
  #count = 0;
  #size = 0;
  #maxSize: number;

  /** Octets. */
  constructor(maxSize: number) {
    this.#maxSize = maxSize;
  }

  get count(): number {
    return this.#count;
  }

  get maxSize(): number {
    return this.#maxSize;
  }

  setMaxSize(octets: number): void {
    this.#maxSize = octets;
    this.#evict(octets);
  }

  /** `index` from 0, the newest; below `count`. */
  nameAt(index: number): NameInfo {
    return this.#names[this.#slot(index)] as NameInfo;
  }

  valueAt(index: number): string {
    return this.#values[this.#slot(index)] as string;
  }

  /** A message may have it. */
  validAt(index: number): boolean {
    return this.#valid[this.#slot(index)] as boolean;
  }

  /** One that is larger than the table empties it. */
  add(name: NameInfo, value: string, valid: boolean): void {
    const size = name.name.length + value.length + entryOverhead;
    this.#evict(this.#maxSize - size);
    if (size > this.#maxSize) return;
    if (this.#count === this.#names.length) this.#grow();
    const slot = this.#next;
    this.#names[slot] = name;
    this.#values[slot] = value;
    this.#valid[slot] = valid;
    this.#next = (slot + 1) & (this.#names.length - 1);
    this.#count++;
    this.#size += size;
  }

  #slot(index: number): number {
    return (this.#next - 1 - index) & (this.#names.length - 1);
  }

  /** Until no more than that is there. */
  #evict(octets: number): void {
    while (this.#count > 0 && this.#size > octets) {
      const slot = this.#slot(this.#count - 1);
      this.#size -= (this.#names[slot] as NameInfo).name.length + (this.#values[slot] as string).length + entryOverhead;
      // What left shall not be kept alive.
      this.#names[slot] = null;
      this.#values[slot] = '';
      this.#count--;
    }
  }

  #grow(): void {
    const names: (NameInfo | null)[] = [];
    const values: string[] = [];
    const valid: boolean[] = [];
    for (let i = this.#count - 1; i >= 0; i--) {
      names.push(this.nameAt(i));
      values.push(this.valueAt(i));
      valid.push(this.validAt(i));
    }
    this.#next = this.#count;
    for (let i = this.#count; i > 0; i--) {
      names.push(null);
      values.push('');
      valid.push(true);
    }
    this.#names = names;
    this.#values = values;
    this.#valid = valid;
  }
}
