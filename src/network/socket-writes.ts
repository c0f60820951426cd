// Owns what Node's sockets do for us below their public methods: several parts in one system call, and how much of what was
// written the kernel has not taken yet.
import type { Socket } from 'node:net';
import type { OutputPart } from './output-buffer.ts';

interface WithHandle {
  readonly _handle?: { readonly writeQueueSize?: number } | null;
}

/** Undefined where it cannot be told. */
export function unsentBytes(socket: Socket | null): number | undefined {
  return (socket as WithHandle | null)?._handle?.writeQueueSize;
}

export function writeParts(socket: Socket, parts: readonly OutputPart[], done: (error?: Error | null) => void): void {
  // Net sockets and TLS sockets both have it: one system call for all parts.
  socket._writev?.(
    parts.map((chunk) => ({ chunk, encoding: 'latin1' as const })),
    done,
  );
}
