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

/**
 * The range of an address's `length` leading bits, as `ADDRESS/LENGTH`: a length that is too long is cut, and without a
 * range (a length below 0) there is no text.
 */
export function maskedAddress(address: string, length: number): string {
  const bits = addressBits(address);
  if (bits === null || length < 0) return '';
  const size = isIP(address) === 4 ? 32 : 128;
  const kept = Math.min(length, size);
  const shift = BigInt(size - kept);
  const value = (bits >> shift) << shift;
  return `${size === 32 ? ipv4Text(Number(value)) : ipv6Text(value)}/${kept}`;
}

function ipv4Text(value: number): string {
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 0xff).join('.');
}

/** An address of 32 (family 4) or 128 bits as it is written everywhere: RFC 5952. */
export function addressText(value: bigint, family: 4 | 6): string {
  return family === 4 ? ipv4Text(Number(value)) : ipv6Text(value);
}

/** RFC 5952: the first longest run of two or more zero groups is left out. */
function ipv6Text(value: bigint): string {
  // As inet_ntop: IPv4 inside of IPv6 stays readable.
  const embedded = value >> 32n;
  const last = value & 0xffff_ffffn;
  if (embedded === 0xffffn) return `::ffff:${ipv4Text(Number(last))}`;
  if (embedded === 0n && last > 0xffffn) return `::${ipv4Text(Number(last))}`;
  const groups = Array.from({ length: 8 }, (_, i) => Number((value >> BigInt(112 - 16 * i)) & 0xffffn));
  let start = -1;
  let length = 1;
  for (let i = 0; i < 8; i++) {
    let end = i;
    while (end < 8 && groups[end] === 0) end++;
    if (end - i > length) {
      start = i;
      length = end - i;
    }
  }
  const hex = (from: number, to: number): string =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(':');
  return start < 0 ? hex(0, 8) : `${hex(0, start)}::${hex(start + length, 8)}`;
}

function ipv4Number(address: string): number {
  let value = 0;
  for (const part of address.split('.')) value = value * 256 + Number(part);
  return value;
}

export function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1' || address.startsWith('::ffff:127.');
}
