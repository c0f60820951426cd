// Owns node:ffi: the only file that calls the C library, for what Node lacks and nothing else (DESIGN 3.4). The module is
// experimental: whoever needs a call asks here first and says clearly what does not work without it.

import type { DynamicLibrary } from 'node:ffi';
import { errorText } from './error-text.ts';

/** No native call can be made in this process; the message says why. */
export class FfiMissing extends Error {
  override readonly name = 'FfiMissing';
}

/** linux/mman.h, the same on every architecture that Node runs on. */
const MADV_DONTNEED = 4;

/** bits/socket.h and bits/socket_type.h, the same on every architecture that Node runs on. */
const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_STREAM = 1;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;

/** The calls, with their types. One object for the process: `nativeCalls()`. */
export class NativeCalls {
  readonly #getsockopt: (fd: number, level: number, name: number, value: Buffer, length: Buffer) => number;
  readonly #setsockopt: (fd: number, level: number, name: number, value: Buffer, length: number) => number;
  readonly #socket: (family: number, type: number, protocol: number) => number;
  readonly #madvise: (address: bigint, length: bigint, advice: number) => number;
  /** socklen_t, in and out. */
  readonly #length = Buffer.alloc(4);
  /** Null where the C library has none (musl). */
  readonly #mallocTrim: ((keep: bigint) => number) | null;

  constructor(library: DynamicLibrary) {
    this.#madvise = library.getFunction('madvise', { arguments: ['uint64', 'uint64', 'int32'], return: 'int32' });
    this.#getsockopt = library.getFunction('getsockopt', {
      arguments: ['int32', 'int32', 'int32', 'buffer', 'buffer'],
      return: 'int32',
    });
    this.#setsockopt = library.getFunction('setsockopt', {
      arguments: ['int32', 'int32', 'int32', 'buffer', 'uint32'],
      return: 'int32',
    });
    this.#socket = library.getFunction('socket', { arguments: ['int32', 'int32', 'int32'], return: 'int32' });
    try {
      this.#mallocTrim = library.getFunction('malloc_trim', { arguments: ['uint64'], return: 'int32' });
    } catch {
      this.#mallocTrim = null;
    }
  }

  /** Fills `value` and answers its new length; -1 where the kernel refuses. */
  getSocketOption(descriptor: number, level: number, name: number, value: Buffer): number {
    this.#length.writeUInt32LE(value.length, 0);
    return this.#getsockopt(descriptor, level, name, value, this.#length) === 0 ? this.#length.readUInt32LE(0) : -1;
  }

  /** False where the kernel refuses. */
  setSocketOption(descriptor: number, level: number, name: number, value: Buffer): boolean {
    return this.#setsockopt(descriptor, level, name, value, value.length) === 0;
  }

  /** A TCP socket that blocks nobody and that no child inherits; -1 where there is none. */
  openSocket(family: 4 | 6): number {
    return this.#socket(family === 4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  }

  /** Gives free pages inside of malloc's heap back to the system. True when there were any. */
  trimMalloc(): boolean {
    return this.#mallocTrim?.(0n) === 1;
  }

  /**
   * Takes pages of a mapping out of the process; the next access finds them again in the page cache. Only for private
   * mappings of files that hold no page of the process's own: such a page would be lost. False when the system refused.
   */
  dropPages(address: bigint, length: bigint): boolean {
    return this.#madvise(address, length, MADV_DONTNEED) === 0;
  }
}

let shared: NativeCalls | undefined;

/** Loads node:ffi at the first call (9 ms, 0.1 MB). Throws `FfiMissing`. */
export async function nativeCalls(): Promise<NativeCalls> {
  if (shared !== undefined) return shared;
  try {
    const { DynamicLibrary } = await import('node:ffi');
    shared = new NativeCalls(new DynamicLibrary(null));
  } catch (error) {
    const reason = errorText(error);
    throw new FfiMissing(`this Node (${process.version}) makes no native calls: ${reason}`);
  }
  return shared;
}
