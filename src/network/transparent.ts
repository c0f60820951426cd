// Owns the option of sockets that lets them have addresses that are not this host's: listening ones take connections to them
// (TPROXY), others connect from them.
// Sources: linux/in.h, linux/in6.h.
import { closeSync } from 'node:fs';
import type { Server } from 'node:net';
import { type NativeCalls, nativeCalls } from '../base/ffi.ts';
import { descriptorOf } from './stream-binding.ts';

const SOL_IP = 0;
const SOL_IPV6 = 41;
const IP_TRANSPARENT = 19;
const IPV6_TRANSPARENT = 75;
const IP_BIND_ADDRESS_NO_PORT = 24;
const SOL_SOCKET = 1;
const SO_MARK = 36;
const on = numberOption(1);

/** What the C library does for it. */
export type SocketCalls = Pick<NativeCalls, 'openSocket' | 'setSocketOption'>;

/** Accepted connections have it from their listener. Throws in words where the kernel refuses. */
export async function makeTransparent(server: Server, family: 4 | 6): Promise<void> {
  const descriptor = descriptorOf(server);
  const native = await nativeCalls();
  // IPv4 over a dual-stack socket goes by IPv4's option.
  const done = setTransparent(native, descriptor, 4) && (family === 4 || setTransparent(native, descriptor, 6));
  if (!done) throw new Error('a transparent listener needs the capability NET_ADMIN');
}

/**
 * A socket that may be bound to any address, not connected yet. `mark`: of its packets, for routing; 0: none. Throws in words
 * where the kernel refuses.
 */
export function openTransparent(native: SocketCalls, family: 4 | 6, mark: number): number {
  const descriptor = native.openSocket(family);
  if (descriptor < 0) throw new Error('no socket could be opened');
  if (!setTransparent(native, descriptor, family)) {
    closeSync(descriptor);
    throw new Error("connecting from a client's address needs the capability NET_ADMIN");
  }
  if (mark !== 0 && !native.setSocketOption(descriptor, SOL_SOCKET, SO_MARK, numberOption(mark))) {
    closeSync(descriptor);
    throw new Error('marking packets needs the capability NET_ADMIN');
  }
  // Otherwise each bound address has only as many ports as the host has free ones, whatever the destination.
  native.setSocketOption(descriptor, SOL_IP, IP_BIND_ADDRESS_NO_PORT, on);
  return descriptor;
}

function setTransparent(native: SocketCalls, descriptor: number, family: 4 | 6): boolean {
  return family === 4
    ? native.setSocketOption(descriptor, SOL_IP, IP_TRANSPARENT, on)
    : native.setSocketOption(descriptor, SOL_IPV6, IPV6_TRANSPARENT, on);
}

function numberOption(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
}
