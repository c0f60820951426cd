// Owns decoding of header blocks (RFC 7541 section 6). An error here ends the connection: the table is out of step. What a
// message may not have (RFC 9113 section 8.2) is no such error; it is told with the field.
import { latin1 } from '../../../../base/byte-string.ts';
import { headerName, NameFlag, NameInfo } from '../../../headers/name.ts';
import { hashSeed, hashStep, lowerToken, nameOfBytes } from '../../../headers/name-table.ts';
import { valueOctet } from '../../h1/characters.ts';
import { DecoderTable } from './decoder-table.ts';
import { decodeHuffman, shortCodesOnly } from './huffman.ts';
import { staticCount, staticNames, staticValues } from './static-table.ts';

/** Receives the fields of a block in their order. */
export interface HeaderSink {
  /** `valid`: name and value are such as a message may have. */
  onHeader(name: NameInfo, value: string, valid: boolean): void;
}

/** What is wrong with a block, in words; the connection ends with COMPRESSION_ERROR. */
export type HpackError = string;

const truncated: HpackError = 'the block ends within a field';
const badHuffman: HpackError = 'a string is not Huffman code';
const noSuchIndex: HpackError = 'an index is beyond the table';

/** More than any length or index that makes sense; four further octets hold it. */
const maxInteger = (1 << 28) - 1;

export class HpackDecoder {
  readonly #table: DecoderTable;
  /** SETTINGS_HEADER_TABLE_SIZE as we announced it and the peer has acknowledged. */
  #allowedSize: number;
  /** The peer must say at the next block that it keeps within a smaller table. */
  #mustShrink = false;

  #bytes: Buffer = emptyBlock;
  #at = 0;
  #end = 0;
  #error: HpackError | null = null;
  /** Of the last string read. */
  #valid = true;

  /** `tableSize` in octets. */
  constructor(tableSize: number) {
    this.#table = new DecoderTable(tableSize);
    this.#allowedSize = tableSize;
  }

  /** The peer has acknowledged SETTINGS_HEADER_TABLE_SIZE. */
  setAllowedTableSize(octets: number): void {
    this.#allowedSize = octets;
    if (octets >= this.#table.maxSize) return;
    this.#mustShrink = true;
  }

  /** A whole block, borrowed. Null: it was decoded. */
  decode(block: Buffer, sink: HeaderSink): HpackError | null {
    this.#bytes = block;
    this.#at = 0;
    this.#end = block.length;
    this.#error = null;
    let fields = 0;
    while (this.#at < this.#end) {
      const first = block[this.#at] as number;
      if ((first & 0xe0) === 0x20) {
        if (fields > 0) return 'a change of the table stands behind fields';
        const error = this.#resize();
        if (error !== null) return error;
        continue;
      }
      if (this.#mustShrink) return 'the table was to become smaller, and did not';
      fields++;
      if (first >= 0x80) this.#indexed(sink);
      else if (first >= 0x40) this.#literal(sink, 6, true);
      else this.#literal(sink, 4, false);
      if (this.#error !== null) return this.#error;
    }
    this.#bytes = emptyBlock;
    return null;
  }

  #resize(): HpackError | null {
    const size = this.#integer(5);
    if (this.#error !== null) return this.#error;
    if (size > this.#allowedSize) return `the table is to have ${size} octets, ${this.#allowedSize} are allowed`;
    this.#table.setMaxSize(size);
    this.#mustShrink = false;
    return null;
  }

  #indexed(sink: HeaderSink): void {
    const index = this.#integer(7);
    if (index === 0) {
      this.#error ??= noSuchIndex;
    } else if (index <= staticCount) {
      sink.onHeader(staticNames[index] as NameInfo, staticValues[index] as string, true);
    } else {
      const entry = index - staticCount - 1;
      if (entry >= this.#table.count) {
        this.#error = noSuchIndex;
        return;
      }
      sink.onHeader(this.#table.nameAt(entry), this.#table.valueAt(entry), this.#table.validAt(entry));
    }
  }

  #literal(sink: HeaderSink, prefix: number, keep: boolean): void {
    const index = this.#integer(prefix);
    const name = index === 0 ? this.#name() : this.#nameAt(index);
    if (this.#error !== null) return;
    const value = this.#value();
    if (this.#error !== null) return;
    const valid = this.#valid && (name.flags & NameFlag.Malformed) === 0;
    if (keep) this.#table.add(name, value, valid);
    sink.onHeader(name, value, valid);
  }

  #nameAt(index: number): NameInfo {
    if (index <= staticCount) return staticNames[index] as NameInfo;
    const entry = index - staticCount - 1;
    if (entry < this.#table.count) return this.#table.nameAt(entry);
    this.#error ??= noSuchIndex;
    return noName;
  }

  #name(): NameInfo {
    const huffman = ((this.#bytes[this.#at] as number) & 0x80) !== 0;
    const length = this.#stringLength();
    if (this.#error !== null) return noName;
    const start = this.#at;
    this.#at += length;
    if (!huffman) return nameIn(this.#bytes, start, this.#at);
    const size = this.#decode(start, this.#at);
    return size === -1 ? noName : nameIn(scratch, 0, size);
  }

  #value(): string {
    if (this.#at >= this.#end) {
      this.#error = truncated;
      return '';
    }
    const huffman = ((this.#bytes[this.#at] as number) & 0x80) !== 0;
    const length = this.#stringLength();
    if (this.#error !== null) return '';
    const start = this.#at;
    this.#at += length;
    if (!huffman) {
      this.#valid = isValue(this.#bytes, start, this.#at);
      return latin1(this.#bytes, start, this.#at);
    }
    const size = this.#decode(start, this.#at);
    if (size === -1) return '';
    this.#valid = shortCodesOnly ? !hasSpaceAtEnds(scratch, 0, size) : isValue(scratch, 0, size);
    return latin1(scratch, 0, size);
  }

  /** Into `scratch`. -1 after an error. */
  #decode(start: number, end: number): number {
    const most = ((end - start) * 8) / 5 + 1;
    if (scratch.length < most) scratch = Buffer.allocUnsafeSlow(2 ** Math.ceil(Math.log2(most)));
    const size = decodeHuffman(this.#bytes, start, end, scratch);
    if (size === -1) this.#error = badHuffman;
    return size;
  }

  #stringLength(): number {
    const length = this.#integer(7);
    if (length > this.#end - this.#at) this.#error ??= truncated;
    return length;
  }

  /** RFC 7541 section 5.1. */
  #integer(prefix: number): number {
    const mask = (1 << prefix) - 1;
    if (this.#at >= this.#end) {
      this.#error ??= truncated;
      return 0;
    }
    let value = (this.#bytes[this.#at++] as number) & mask;
    if (value < mask) return value;
    for (let shift = 0; shift <= 21; shift += 7) {
      if (this.#at >= this.#end) {
        this.#error ??= truncated;
        return 0;
      }
      const octet = this.#bytes[this.#at++] as number;
      value += (octet & 0x7f) << shift;
      if (octet < 0x80) {
        if (value > maxInteger) break;
        return value;
      }
    }
    this.#error ??= 'a number is too large';
    return 0;
  }
}

const emptyBlock: Buffer = Buffer.alloc(0);
/** Of all decoders: what is in it is used at once. */
let scratch: Buffer = Buffer.allocUnsafeSlow(1024);
const noName = new NameInfo('', NameFlag.Malformed);

/** Lower-case letters and the like (RFC 9113 section 8.2.1), or a pseudo-header that exists; else a name that says it is none. */
function nameIn(bytes: Buffer, start: number, end: number): NameInfo {
  let hash = hashSeed;
  for (let i = start; i < end; i++) {
    const octet = bytes[i] as number;
    if (lowerToken[octet] !== octet || octet === 0) return otherName(latin1(bytes, start, end));
    hash = hashStep(hash, octet);
  }
  return end === start ? noName : nameOfBytes(bytes, start, end, hash);
}

function otherName(text: string): NameInfo {
  if (text.startsWith(':')) {
    const name = headerName(text);
    if ((name.flags & NameFlag.Pseudo) !== 0 && name.name === text) return name;
  }
  return new NameInfo(text, NameFlag.Malformed);
}

/** RFC 9113 section 8.2.1: no control characters, no space at the ends. */
function isValue(bytes: Uint8Array, start: number, end: number): boolean {
  if (start === end) return true;
  for (let i = start; i < end; i++) if (valueOctet[bytes[i] as number] !== 1) return false;
  return !hasSpaceAtEnds(bytes, start, end);
}

function hasSpaceAtEnds(bytes: Uint8Array, start: number, end: number): boolean {
  return end > start && (isSpace(bytes[start] as number) || isSpace(bytes[end - 1] as number));
}

function isSpace(octet: number): boolean {
  return octet === 0x20 || octet === 0x09;
}
