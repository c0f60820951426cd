// Owns address ranges in prefix notation (envoy.config.core.v3.CidrRange).
import { isIP } from 'node:net';

export interface CidrRange {
  readonly text: string;
  contains(address: string): boolean;
}

/** Null when the text is no address or the length does not fit. */
export function cidrRange(prefix: string, length: number): CidrRange | null {
  const family = isIP(prefix);
  if (family === 0 || length < 0 || length > (family === 4 ? 32 : 128)) return null;
  const bits = addressBits(prefix);
  if (bits === null) return null;
  const shift = BigInt((family === 4 ? 32 : 128) - length);
  const wanted = bits >> shift;
  return {
    text: `${prefix}/${length}`,
    contains: (address) => {
      if (isIP(address) !== family) return false;
      const value = addressBits(address);
      return value !== null && value >> shift === wanted;
    },
  };
}

/** The address as a number of 32 or 128 bits. */
export function addressBits(address: string): bigint | null {
  const family = isIP(address);
  if (family === 4) return BigInt(ipv4Number(address));
  if (family !== 6) return null;
  let text = address.split('%')[0] as string;
  // The last 32 bits may be written as IPv4 (RFC 4291 section 2.2).
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  if (dotted !== null) {
    const number = ipv4Number(dotted[2] as string);
    text = `${dotted[1]}${(number >>> 16).toString(16)}:${(number & 0xffff).toString(16)}`;
  }
  const [head = '', tail] = text.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const groups = tail === undefined ? left : [...left, ...Array(8 - left.length - right.length).fill('0'), ...right];
  let value = 0n;
  for (const group of groups) value = (value << 16n) | BigInt(Number.parseInt(group, 16));
  return value;
}

function ipv4Number(address: string): number {
  let value = 0;
  for (const part of address.split('.')) value = value * 256 + Number(part);
  return value;
}

export function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1' || address.startsWith('::ffff:127.');
}
