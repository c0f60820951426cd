// Owns x-forwarded-for: who is in it, and how a hop is added.
import { isIP } from 'node:net';
import { type Address, ipAddress } from '../../base/address.ts';
import { type CidrRange, isLoopback } from '../../base/cidr.ts';
import type { RequestHeaders } from '../headers/header-map.ts';
import { Names } from '../headers/name.ts';

export interface ForwardedAddress {
  readonly address: Address;
  /** The header holds just this one. */
  readonly single: boolean;
}

/** `localAddress` stands for a loopback peer, whom nobody else could tell from his own. */
export function appendForwardedFor(headers: RequestHeaders, peer: Address, localAddress: string): void {
  if (peer.kind !== 'ip') return;
  // Several lines become one, so that the order of the hops stays readable.
  const several = headers.getJoined(Names.xForwardedFor);
  if (several !== undefined) headers.set(Names.xForwardedFor, several);
  headers.appendToValue(Names.xForwardedFor, isLoopback(peer.address) ? localAddress : peer.address);
}

/** The address `skip` places from the right; null where there is none. */
export function addressFromTheRight(headers: RequestHeaders, skip: number): ForwardedAddress | null {
  const value = headers.getJoined(Names.xForwardedFor);
  if (value === undefined || value === '') return null;
  const parts = value.split(',');
  const wanted = parts[parts.length - 1 - skip]?.trim();
  if (wanted === undefined || isIP(wanted) === 0) return null;
  return { address: ipAddress(wanted, 0), single: parts.length === 1 };
}

/** The first from the right that is in none of the ranges, the leftmost where all are; null where one cannot be read. */
export function lastUntrustedAddress(headers: RequestHeaders, trusted: readonly CidrRange[]): ForwardedAddress | null {
  const value = headers.getJoined(Names.xForwardedFor);
  if (value === undefined || value === '') return null;
  const parts = value.split(',');
  let found = '';
  for (let i = parts.length - 1; i >= 0; i--) {
    found = (parts[i] as string).trim();
    if (isIP(found) === 0) return null;
    if (!contains(trusted, found)) break;
  }
  return { address: ipAddress(found, 0), single: parts.length === 1 };
}

export function contains(ranges: readonly CidrRange[], address: string): boolean {
  for (const range of ranges) if (range.contains(address)) return true;
  return false;
}
