// Owns giving memory back to the system, in three ways; when to do it is server/quiet-memory.ts.
import { readFileSync } from 'node:fs';
import type { NativeCalls } from './ffi.ts';

/**
 * Collects everything and shrinks the heap; blocks for some 20 to 70 ms. V8 keeps the pages that reading a configuration
 * has filled for as long as nothing presses it: a collection of last resort returns them. Needs Node's --expose-gc
 * (bin/launch.sh gives it); without it does nothing and says false.
 */
export function collectGarbage(): boolean {
  if (globalThis.gc === undefined) return false;
  globalThis.gc({ type: 'major', execution: 'sync', flavor: 'last-resort' });
  return true;
}

export interface MappedRange {
  readonly address: bigint;
  /** Bytes. */
  readonly length: bigint;
}

/**
 * The mappings of the executable and its libraries whose pages the kernel can read again from their files: private, not
 * writable, and without a page of the process's own (what the dynamic linker has relocated looks read-only too).
 * `smaps` is the text of /proc/self/smaps.
 */
export function cleanFileMappings(smaps: string): MappedRange[] {
  const found: MappedRange[] = [];
  let candidate: MappedRange | null = null;
  for (const line of smaps.split('\n')) {
    const mapping = /^([0-9a-f]+)-([0-9a-f]+) r-[x-]p \S+ \S+ [1-9]\d* +\//.exec(line);
    if (mapping !== null) {
      const address = BigInt(`0x${mapping[1]}`);
      candidate = { address, length: BigInt(`0x${mapping[2]}`) - address };
    } else if (line.startsWith('Anonymous:')) {
      if (candidate !== null && /:\s+0 kB$/.test(line)) found.push(candidate);
      candidate = null;
    }
  }
  return found;
}

/** Takes the executable's clean pages out of the process: what is used comes back, page by page, from the page cache. */
export class ExecutablePages {
  readonly #calls: NativeCalls;
  readonly #mappings: readonly MappedRange[];

  /** Reads the mappings once: nothing of the executable moves later. */
  constructor(calls: NativeCalls) {
    this.#calls = calls;
    this.#mappings = cleanFileMappings(readFileSync('/proc/self/smaps', 'latin1'));
  }

  /** False when the system refused one. */
  drop(): boolean {
    let done = true;
    for (const { address, length } of this.#mappings) done = this.#calls.dropPages(address, length) && done;
    return done;
  }
}
