// Owns random numbers. Tests inject a seeded generator (test/support) and print the seed.
import { randomFillSync } from 'node:crypto';
import { latin1 } from './byte-string.ts';

export interface Random {
  /** Uniform integer in [0, 2^32). */
  uint32(): number;
  /** Uniform number in [0, 1). */
  fraction(): number;
  /** A version 4 UUID in lower case (RFC 9562 section 5.4). */
  uuid(): string;
}

const UUID_BYTES = 16;
/** Random bytes for 128 UUIDs: asking the cryptographic source for 16 at a time costs more than they do. */
const pool = Buffer.alloc(128 * UUID_BYTES);
let used = pool.length;
/** The two hexadecimal digits of a byte, as character codes: the high one in the upper eight bits. */
const hexDigits = Uint16Array.from({ length: 256 }, (_, byte) => {
  const digits = byte.toString(16).padStart(2, '0');
  return (digits.charCodeAt(0) << 8) | digits.charCodeAt(1);
});
const text = Buffer.from('00000000-0000-0000-0000-000000000000', 'latin1');

/**
 * As crypto.randomUUID, which joins its text of 20 pieces: 60 bytes of garbage for each instead of 590, and one flat
 * string, as what is written to a socket must be.
 */
function uuid(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  let at = 0;
  for (let i = 0; i < UUID_BYTES; i++) {
    let byte = pool[used + i] as number;
    if (i === 6) byte = (byte & 0x0f) | 0x40;
    else if (i === 8) byte = (byte & 0x3f) | 0x80;
    if (i === 4 || i === 6 || i === 8 || i === 10) at++;
    const digits = hexDigits[byte] as number;
    text[at++] = digits >> 8;
    text[at++] = digits & 0xff;
  }
  used += UUID_BYTES;
  return latin1(text, 0, text.length);
}

export const systemRandom: Random = {
  // Load balancing and sampling need speed, not secrecy; identifiers come from the cryptographic source.
  uint32: () => Math.floor(Math.random() * 0x100000000),
  fraction: Math.random,
  uuid,
};
