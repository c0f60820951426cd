// Owns the first pass over the head of a message: one walk over its bytes finds its end and the bounds of each token and
// checks every character. Strings are made afterwards (message-head.ts), from one slice of the whole head.
//
// A head may arrive in pieces. The scanner stops at the last line that has not ended and goes on from its start; callers
// ask again only when a line has ended since, so that a slow sender costs linear time.

import type { NameInfo } from '../../headers/name.ts';
import { hashSeed, hashStep, lowerToken, nameOfBytes } from '../../headers/name-table.ts';
import type { CodecError } from '../api.ts';
import { valueOctet } from './characters.ts';
import { H1Error } from './errors.ts';

const CR = 13;
const LF = 10;
const SP = 32;
const HT = 9;
const COLON = 58;

export const ScanResult = { NeedMore: 0, Complete: 1, Error: 2 } as const;
export type ScanResult = (typeof ScanResult)[keyof typeof ScanResult];

export class HeadScanner {
  /** Names of the fields found; only the first `count` are of this message. */
  readonly names: NameInfo[] = [];
  /** Start and end of each field's value, counted from the start of the head, whitespace around it left out. */
  readonly bounds: number[] = [];
  /** Fields found; beyond the limit they are counted but not kept. */
  count = 0;
  /** Some value runs over several lines (obs-fold): its bounds span the line ends. */
  folded = false;
  /** End of the start line, without its line end, counted from the start of the head. */
  startLineEnd = 0;
  /** Length of the head, its empty line included; valid after Complete. */
  length = 0;
  /** Sum of the lengths of names and values. */
  textLength = 0;
  /** Valid after Error. */
  error: CodecError = H1Error.requestLine;

  readonly #maxFields: number;
  /** Responses only: a line may end with LF alone (RFC 9112 section 2.2), as Envoy has it. */
  readonly #lenientLf: boolean;
  #wantsStartLine = true;
  /** Where the scan goes on: the start of the first line not seen whole. */
  #resumeAt = 0;

  constructor(maxFields: number, lenientLf: boolean) {
    this.#maxFields = maxFields;
    this.#lenientLf = lenientLf;
  }

  /** Before each head. `startLine` is false for trailers. */
  reset(startLine: boolean): void {
    this.count = 0;
    this.folded = false;
    this.startLineEnd = 0;
    this.textLength = 0;
    this.#wantsStartLine = startLine;
    this.#resumeAt = 0;
  }

  /** Walks `bytes[start, end)`, where `start` is the start of the head, from where it stopped last. */
  scan(bytes: Buffer, start: number, end: number): ScanResult {
    let at = start + this.#resumeAt;
    if (this.#wantsStartLine) {
      let i = at;
      while (i < end && valueOctet[bytes[i] as number] === 1) i++;
      const next = this.#lineEnd(bytes, i, end);
      if (next <= 0) return next === 0 ? ScanResult.NeedMore : ScanResult.Error;
      this.startLineEnd = i - start;
      this.#wantsStartLine = false;
      this.#resumeAt = next - start;
      at = next;
    }
    while (at < end) {
      let i = at;
      let lower = 0;
      let hash = hashSeed;
      while (i < end) {
        lower = lowerToken[bytes[i] as number] as number;
        if (lower === 0) break;
        hash = hashStep(hash, lower);
        i++;
      }
      if (i === end) return ScanResult.NeedMore;
      const stop = bytes[i] as number;
      if (stop !== COLON || i === at) {
        if (i === at && (stop === CR || stop === LF)) {
          const next = this.#lineEnd(bytes, i, end);
          if (next <= 0) return next === 0 ? ScanResult.NeedMore : ScanResult.Error;
          this.length = next - start;
          return ScanResult.Complete;
        }
        if (i === at && (stop === SP || stop === HT)) {
          const next = this.#fold(bytes, start, at, end);
          if (next <= 0) return next === 0 ? ScanResult.NeedMore : ScanResult.Error;
          at = next;
          continue;
        }
        return this.#badName(bytes, i, end, stop);
      }
      const nameEnd = i;
      i++;
      while (i < end && (bytes[i] === SP || bytes[i] === HT)) i++;
      const valueStart = i;
      while (i < end && valueOctet[bytes[i] as number] === 1) i++;
      // The common case of #lineEnd, here once more because a call for each line costs.
      let next: number;
      if (i + 1 < end && bytes[i] === CR && bytes[i + 1] === LF) next = i + 2;
      else {
        next = this.#lineEnd(bytes, i, end);
        if (next <= 0) return next === 0 ? ScanResult.NeedMore : ScanResult.Error;
      }
      let valueEnd = i;
      while (valueEnd > valueStart && (bytes[valueEnd - 1] === SP || bytes[valueEnd - 1] === HT)) valueEnd--;
      const count = this.count;
      if (count < this.#maxFields) {
        this.names[count] = nameOfBytes(bytes, at, nameEnd, hash);
        this.bounds[count << 1] = valueStart - start;
        this.bounds[(count << 1) | 1] = valueEnd - start;
      }
      this.textLength += nameEnd - at + (valueEnd - valueStart);
      this.count = count + 1;
      this.#resumeAt = next - start;
      at = next;
    }
    return ScanResult.NeedMore;
  }

  /** Behind the line end at `i`; 0 when it is not there yet, -1 with `error` set when another character stands there. */
  #lineEnd(bytes: Buffer, i: number, end: number): number {
    if (i >= end) return 0;
    const c = bytes[i] as number;
    if (c === CR) {
      if (i + 1 >= end) return 0;
      if (bytes[i + 1] === LF) return i + 2;
      return this.#fail(bytes, i, end, H1Error.bareCr);
    }
    if (c === LF) {
      if (this.#lenientLf) return i + 1;
      return this.#fail(bytes, i, end, H1Error.bareLf);
    }
    return this.#fail(bytes, i, end, H1Error.controlCharacter);
  }

  /** A line that continues the field before it (RFC 9112 section 5.2): its value grows over the line end. */
  #fold(bytes: Buffer, start: number, at: number, end: number): number {
    let i = at;
    while (i < end && valueOctet[bytes[i] as number] === 1) i++;
    const next = this.#lineEnd(bytes, i, end);
    if (next <= 0) return next;
    if (this.count === 0) {
      this.error = H1Error.foldWithoutField;
      return -1;
    }
    this.folded = true;
    this.textLength += i - at;
    if (this.count <= this.#maxFields) this.bounds[((this.count - 1) << 1) | 1] = i - start;
    this.#resumeAt = next - start;
    return next;
  }

  #badName(bytes: Buffer, i: number, end: number, stop: number): ScanResult {
    let error: CodecError = H1Error.nameCharacter;
    if (stop === CR || stop === LF || stop === SP || stop === HT) error = H1Error.noColon;
    else if (stop < SP || stop === 0x7f) error = H1Error.controlCharacter;
    return this.#fail(bytes, i, end, error) === 0 ? ScanResult.NeedMore : ScanResult.Error;
  }

  /** An error counts once its line has ended: the verdict must not depend on how the bytes were split. */
  #fail(bytes: Buffer, i: number, end: number, error: CodecError): number {
    for (let at = i; at < end; at++) {
      if (bytes[at] === LF) {
        this.error = error;
        return -1;
      }
    }
    return 0;
  }
}
