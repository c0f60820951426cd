// Owns addresses with a port as text, as Envoy reads them from headers, metadata and filter state.

import { isIP } from 'node:net';
import { type IpAddress, ipAddress } from './address.ts';

/** `1.2.3.4:80`, `[::1]:80`; the port as Envoy reads a number. Null for all else. */
export function addressAndPort(text: string): IpAddress | null {
  const match = /^(?:\[([\da-fA-F:.]+)\]|([\d.]+)):[ \t]*\+?(\d+)[ \t]*$/.exec(text);
  const address = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (address === undefined || port > 65_535 || isIP(address) !== (match?.[1] === undefined ? 4 : 6)) return null;
  // IPv6 has many spellings, and one host each address.
  return match?.[1] === undefined ? ipAddress(address, port) : ipAddress(canonicalV6(address), port);
}

function canonicalV6(address: string): string {
  return new URL(`http://[${address}]/`).hostname.slice(1, -1);
}
