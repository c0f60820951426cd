// Owns the look-up from the bytes of a field name in a message to its NameInfo, without making a string of it first:
// the tokenizer hashes the bytes as it checks them, and a hit costs one comparison of the letters.
import { headerName, isInterned, type NameInfo } from './name.ts';

/** Lower case of each token character (RFC 9110 section 5.6.2), 0 for all others. */
export const lowerToken = new Uint8Array(256);
for (const char of "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz")
  lowerToken[char.charCodeAt(0)] = char.charCodeAt(0);
for (let c = 0x41; c <= 0x5a; c++) lowerToken[c] = c + 0x20;

const size = 4096;
const mask = size - 1;
/** A peer that chooses names that collide gets the slow look-up, not a long search. */
const maxProbes = 8;
/** Half of the slots, so that a search ends soon. */
const maxEntries = size >> 1;

/** Start value of the hash. */
export const hashSeed = (Math.random() * 0x7fffffff) | 0;

const hashes = new Int32Array(size);
const entries: (NameInfo | undefined)[] = new Array<NameInfo | undefined>(size).fill(undefined);
/** Letters of the names, one behind the other: comparing bytes with bytes costs half of comparing with a string. */
const letters = new Uint8Array(64 * 1024);
const letterStarts = new Int32Array(size);
const letterCounts = new Int32Array(size);
let lettersUsed = 0;
let count = 0;

/** One step of the hash over the lower-case letters. */
export function hashStep(hash: number, lower: number): number {
  return (Math.imul(hash, 31) + lower) | 0;
}

/** The name in `bytes[start, end)`, all token characters; `hash` is that of its lower-case letters. */
export function nameOfBytes(bytes: Buffer, start: number, end: number, hash: number): NameInfo {
  let slot = (hash ^ (hash >>> 15)) & mask;
  for (let probe = 0; probe < maxProbes; probe++) {
    const entry = entries[slot];
    if (entry === undefined) break;
    if (hashes[slot] === hash && letterCounts[slot] === end - start) {
      let letter = letterStarts[slot] as number;
      let i = start;
      while (i < end && lowerToken[bytes[i] as number] === letters[letter]) {
        i++;
        letter++;
      }
      if (i === end) return entry;
    }
    slot = (slot + 1) & mask;
  }
  return nameNotInTable(bytes, start, end, hash);
}

function nameNotInTable(bytes: Buffer, start: number, end: number, hash: number): NameInfo {
  const info = headerName(bytes.toString('latin1', start, end));
  if (count >= maxEntries || lettersUsed + info.name.length > letters.length || !isInterned(info)) return info;
  let slot = (hash ^ (hash >>> 15)) & mask;
  for (let probe = 0; probe < maxProbes; probe++) {
    if (entries[slot] === undefined) {
      entries[slot] = info;
      hashes[slot] = hash;
      letterStarts[slot] = lettersUsed;
      letterCounts[slot] = info.name.length;
      for (let i = 0; i < info.name.length; i++) letters[lettersUsed++] = info.name.charCodeAt(i);
      count++;
      break;
    }
    slot = (slot + 1) & mask;
  }
  return info;
}
