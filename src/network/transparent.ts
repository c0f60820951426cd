// Owns the option of a listening socket that lets it take connections to addresses that are not this host's (TPROXY).
// Sources: linux/in.h, linux/in6.h.
import type { Server } from 'node:net';
import { nativeCalls } from '../base/ffi.ts';
import { descriptorOf } from './stream-binding.ts';

const SOL_IP = 0;
const SOL_IPV6 = 41;
const IP_TRANSPARENT = 19;
const IPV6_TRANSPARENT = 75;

/** Accepted connections have it from their listener. Throws in words where the kernel refuses. */
export async function makeTransparent(server: Server, family: 4 | 6): Promise<void> {
  const descriptor = descriptorOf(server);
  const native = await nativeCalls();
  const on = Buffer.alloc(4);
  on.writeInt32LE(1);
  // IPv4 over a dual-stack socket goes by IPv4's option.
  const done =
    native.setSocketOption(descriptor, SOL_IP, IP_TRANSPARENT, on) &&
    (family === 4 || native.setSocketOption(descriptor, SOL_IPV6, IPV6_TRANSPARENT, on));
  if (!done) throw new Error('a transparent listener needs the capability NET_ADMIN');
}
