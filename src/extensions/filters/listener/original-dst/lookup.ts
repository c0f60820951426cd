// Owns the question to the kernel where a redirected connection wanted to go.
// Sources: linux/netfilter_ipv4.h (SO_ORIGINAL_DST), linux/netfilter_ipv6/ip6_tables.h (IP6T_SO_ORIGINAL_DST), linux/in.h.
import { type IpAddress, ipAddress } from '../../../../base/address.ts';
import { addressText } from '../../../../base/cidr.ts';

/** The part of NativeCalls that is needed. */
export interface SocketOptions {
  /** Fills `value` and answers its new length; -1 where the kernel refuses. */
  getSocketOption(descriptor: number, level: number, name: number, value: Buffer): number;
}

const SOL_IP = 0;
const SOL_IPV6 = 41;
const SO_ORIGINAL_DST = 80;
const IP_TRANSPARENT = 19;
const IPV6_TRANSPARENT = 75;
const AF_INET = 2;
const AF_INET6 = 10;
const sizeofSockaddr = 28;

/** Null where the connection was not redirected. A socket of TPROXY has its destination as `local` already. */
export function originalDestination(sockets: SocketOptions, descriptor: number, local: IpAddress): IpAddress | null {
  const address = Buffer.alloc(sizeofSockaddr);
  // IPv4 over a dual-stack socket answers on IPv4's level.
  const level = local.family === 4 ? SOL_IP : SOL_IPV6;
  if (sockets.getSocketOption(descriptor, level, SO_ORIGINAL_DST, address) > 0) return socketAddress(address);
  return isTransparent(sockets, descriptor, level) ? local : null;
}

function isTransparent(sockets: SocketOptions, descriptor: number, level: number): boolean {
  const value = Buffer.alloc(4);
  const name = level === SOL_IP ? IP_TRANSPARENT : IPV6_TRANSPARENT;
  return sockets.getSocketOption(descriptor, level, name, value) > 0 && value.readInt32LE(0) !== 0;
}

/** struct sockaddr_in or sockaddr_in6; null for another family. */
export function socketAddress(bytes: Buffer): IpAddress | null {
  const family = bytes.readUInt16LE(0);
  const port = bytes.readUInt16BE(2);
  if (family === AF_INET) return ipAddress(addressText(BigInt(bytes.readUInt32BE(4)), 4), port);
  if (family !== AF_INET6) return null;
  return ipAddress(addressText(BigInt(`0x${bytes.toString('hex', 8, 24)}`), 6), port);
}
