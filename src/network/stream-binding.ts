// Owns the view of what lies below Node's sockets: the handle that reads and writes, and the few numbers it leaves for
// its caller. Undocumented, and stable for years; where this Node lacks it in the form known here, it is null and the
// public ways serve. A test fails when a release changes it.
import type { Server, Socket } from 'node:net';

/** What Node hands to libuv for one write; `oncomplete` is called when the kernel took the last byte later. */
export interface WriteRequest {
  oncomplete: ((this: this, status: number) => void) | null;
  /** Kept from the garbage collector until then. */
  buffer?: Buffer;
  /** -1: no write uses it, or not any more. */
  getAsyncId(): number;
}

export interface StreamHandle {
  /** The file descriptor. */
  readonly fd?: number;
  /** Bytes that the kernel has not taken. */
  readonly writeQueueSize?: number;
  /** Returns libuv's error code, 0 for none. */
  readonly writeLatin1String?: (request: WriteRequest, text: string) => number;
  /** The same for bytes, which stay referenced until the kernel took them. */
  readonly writeBuffer?: (request: WriteRequest, bytes: Buffer) => number;
  /** Bytes, and texts each with its encoding behind it. */
  readonly writev?: (request: WriteRequest, chunks: readonly (string | Buffer)[], allBuffers: boolean) => number;
  /** Node's note that it has started to read. */
  reading?: boolean;
  readonly readStart?: () => number;
  readonly readStop?: () => number;
  /** Reads go there, without a buffer made for each. */
  readonly useUserBuffer?: (buffer: Buffer) => void;
  /** Called after each read; returns the buffer for the next when that changes. */
  onread?: (this: StreamHandle, bytes: ArrayBuffer | undefined) => unknown;
}

interface WithHandle {
  readonly _handle?: StreamHandle | null;
  readonly encrypted?: boolean;
}

interface StreamBinding {
  readonly WriteWrap: { new (): WriteRequest; readonly prototype: WriteRequest };
  /** What the last call of a handle left. */
  readonly streamBaseState: Int32Array;
  /** Slots of `streamBaseState`. */
  readonly kReadBytesOrError: number;
  readonly kLastWriteWasAsync: number;
}

export const streamBinding = findBinding();

export function handleOf(socket: Socket | null): StreamHandle | null {
  return (socket as WithHandle | null)?._handle ?? null;
}

/** The file descriptor of a socket or server; -1: not known. */
export function descriptorOf(owner: Socket | Server): number {
  return (owner as WithHandle)._handle?.fd ?? -1;
}

/** TLS sockets: what is written is encrypted first, and never taken at once. */
export function isEncrypted(socket: Socket): boolean {
  return (socket as WithHandle).encrypted === true;
}

function findBinding(): StreamBinding | null {
  try {
    const { binding } = process as unknown as { binding?: (name: string) => Partial<StreamBinding> };
    const found = binding?.call(process, 'stream_wrap');
    const known =
      found?.WriteWrap !== undefined &&
      found.streamBaseState !== undefined &&
      found.kReadBytesOrError !== undefined &&
      found.kLastWriteWasAsync !== undefined;
    return known ? (found as StreamBinding) : null;
  } catch {
    return null;
  }
}
