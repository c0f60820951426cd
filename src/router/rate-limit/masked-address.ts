// Writes an address with its last bits cleared: `10.1.0.0/16`, `2001:db8::/48`.
import { addressBits } from '../../base/cidr.ts';

export function maskedAddress(address: string, length: number): string {
  const isV6 = address.includes(':');
  const width = isV6 ? 128 : 32;
  const bits = addressBits(address) ?? 0n;
  const kept = Math.min(length, width);
  const masked = (bits >> BigInt(width - kept)) << BigInt(width - kept);
  return `${isV6 ? ipv6Text(masked) : ipv4Text(masked)}/${kept}`;
}

function ipv4Text(bits: bigint): string {
  const number = Number(bits);
  return `${(number >>> 24) & 255}.${(number >>> 16) & 255}.${(number >>> 8) & 255}.${number & 255}`;
}

/** The canonical text (RFC 5952): the longest run of two or more zero groups, the first of equals, becomes `::`. */
function ipv6Text(bits: bigint): string {
  const groups: number[] = [];
  for (let shift = 112n; shift >= 0n; shift -= 16n) groups.push(Number((bits >> shift) & 0xffffn));
  let start = -1;
  let length = 1;
  for (let i = 0; i < 8; i++) {
    let end = i;
    while (end < 8 && groups[end] === 0) end++;
    if (end - i > length) {
      start = i;
      length = end - i;
    }
    if (end > i) i = end;
  }
  const text = (from: number, to: number): string =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(':');
  return start === -1 ? text(0, 8) : `${text(0, start)}::${text(start + length, 8)}`;
}
