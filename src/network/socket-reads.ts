// Owns the shortest way from a handle's bytes to their connection: past what Node's socket does between them for
// timeouts and streams that are not used here. A socket must have been made with `onread`; without the binding that serves.
import type { Socket } from 'node:net';
import type { ReadMemory } from './read-memory.ts';
import { handleOf, type StreamHandle, streamBinding } from './stream-binding.ts';

/** Where bytes go. */
export interface ReadTarget {
  /** Bytes lie in the buffer given last. Returns the buffer for the next read when that changes. */
  onBytes(bytes: number): Buffer | null;
}

interface Redirected extends StreamHandle {
  target?: ReadTarget;
  nodeOnread?: StreamHandle['onread'];
}

/** The socket's own callback gets ends and errors only. */
export function redirectReads(socket: Socket, target: ReadTarget): void {
  const handle = handleOf(socket) as Redirected | null;
  if (streamBinding === null || typeof handle?.onread !== 'function') return;
  handle.target = target;
  handle.nodeOnread = handle.onread;
  handle.onread = onRead;
}

/**
 * Makes a socket that was made without `onread` (TLS around another socket) read into `memory`. False where this Node
 * cannot: its data events serve then.
 */
export function captureReads(socket: Socket, target: ReadTarget, memory: ReadMemory): boolean {
  const handle = handleOf(socket);
  if (streamBinding === null || handle?.useUserBuffer === undefined || typeof handle.onread !== 'function')
    return false;
  memory.restart();
  handle.useUserBuffer(memory.takeNext() as Buffer);
  redirectReads(socket, target);
  return true;
}

/** Stops reading now. A captured socket's own `pause` would wait for a full stream buffer, which nothing fills. */
export function pauseReads(socket: Socket): void {
  socket.pause();
  const handle = handleOf(socket) as Redirected | null;
  if (handle?.target === undefined || handle.reading !== true) return;
  handle.reading = false;
  handle.readStop?.();
}

/** Goes on. A captured socket's own `resume` takes the read that `pauseReads` stopped for one under way. */
export function resumeReads(socket: Socket): void {
  socket.resume();
  const handle = handleOf(socket) as Redirected | null;
  if (handle?.target === undefined || handle.reading === true || socket.connecting) return;
  handle.reading = true;
  handle.readStart?.();
}

function onRead(this: Redirected, unused: ArrayBuffer | undefined): unknown {
  const bytes = streamBinding?.streamBaseState[streamBinding.kReadBytesOrError] ?? 0;
  if (bytes <= 0) return this.nodeOnread?.call(this, unused);
  return this.target?.onBytes(bytes) ?? undefined;
}
