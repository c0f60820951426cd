// Owns what Node's sockets do for us below their public methods: several parts in one system call, a text without a
// request object, and how much of what was written the kernel has not taken yet.
import type { Socket } from 'node:net';
import type { OutputPart } from './output-buffer.ts';
import { writeError } from './socket-errors.ts';
import { handleOf, isEncrypted, streamBinding } from './stream-binding.ts';

type Done = (error?: Error | null) => void;

/** Undefined where it cannot be told. */
export function unsentBytes(socket: Socket | null): number | undefined {
  return handleOf(socket)?.writeQueueSize;
}

export function writeParts(socket: Socket, parts: readonly OutputPart[], done: Done): void {
  if (isEncrypted(socket)) {
    // One record layer, one write at a time: the stream keeps the order.
    socket.cork();
    const last = parts.length - 1;
    parts.forEach((part, index) => {
      if (index === last) socket.write(part, 'latin1', done);
      else socket.write(part, 'latin1');
    });
    socket.uncork();
    return;
  }
  const only = parts.length === 1 ? parts[0] : undefined;
  if (typeof only === 'object' && writeBytes(socket, only, done)) return;
  // One system call for all parts.
  socket._writev?.(
    parts.map((chunk) => ({ chunk, encoding: 'latin1' as const })),
    done,
  );
}

/** Serves every write that the kernel takes at once; libuv keeps it only where it does not. */
let spare = streamBinding === null ? null : new streamBinding.WriteWrap();

/**
 * Writes a text as latin1. `done` is called within this call when the kernel took all of it. For a plain socket that goes
 * to the handle below it: `_write` makes a request object with seven properties for each call, which few writes need.
 */
export function writeText(socket: Socket, text: string, done: Done): void {
  const handle = handleOf(socket);
  const request = spare;
  if (isEncrypted(socket)) {
    socket.write(text, 'latin1', done);
    return;
  }
  if (streamBinding === null || request === null || handle?.writeLatin1String === undefined) {
    socket._write(text, 'latin1', done);
    return;
  }
  const status = handle.writeLatin1String(request, text);
  if (status !== 0) done(writeError(status));
  else if (streamBinding.streamBaseState[streamBinding.kLastWriteWasAsync] === 0) done();
  else {
    request.oncomplete = (later) => done(later < 0 ? writeError(later) : null);
    spare = new streamBinding.WriteWrap();
  }
}

/** One piece of bytes the same way, the rule in bulk. False: the handle cannot. */
function writeBytes(socket: Socket, bytes: Buffer, done: Done): boolean {
  const handle = handleOf(socket);
  const request = spare;
  if (streamBinding === null || request === null || handle?.writeBuffer === undefined) return false;
  const status = handle.writeBuffer(request, bytes);
  if (status !== 0) done(writeError(status));
  else if (streamBinding.streamBaseState[streamBinding.kLastWriteWasAsync] === 0) done();
  else {
    request.buffer = bytes;
    request.oncomplete = (later) => done(later < 0 ? writeError(later) : null);
    spare = new streamBinding.WriteWrap();
  }
  return true;
}
