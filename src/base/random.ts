// Owns random numbers. Tests inject a seeded generator (test/support) and print the seed.
import { randomUUID } from 'node:crypto';

export interface Random {
  /** Uniform integer in [0, 2^32). */
  uint32(): number;
  /** Uniform number in [0, 1). */
  fraction(): number;
  /** A version 4 UUID in lower case. */
  uuid(): string;
}

export const systemRandom: Random = {
  // Load balancing and sampling need speed, not secrecy; identifiers come from the cryptographic source.
  uint32: () => Math.floor(Math.random() * 0x100000000),
  fraction: Math.random,
  uuid: () => randomUUID(),
};
