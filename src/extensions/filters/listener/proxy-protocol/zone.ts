// Owns the zone of an IPv6 address (RFC 4007 section 11), as the system's resolver reads it: a number, or the name of an
// interface where the address is one of its link.
import { readFileSync } from 'node:fs';

const linkLocal = 0xfe80n >> 6n;
/** Nothing else is a file's name: it comes from the peer. */
const interfaceName = /^[A-Za-z0-9_:-][A-Za-z0-9_.:-]{0,14}$/;

/** 0: none, as where there is no '%'. Null: it means nothing. `bits`: of the address. */
export function zoneOf(address: string, bits: bigint): number | null {
  const at = address.indexOf('%');
  if (at < 0) return 0;
  const zone = address.slice(at + 1);
  const index = bits >> 118n === linkLocal ? indexOf(zone) : null;
  if (index !== null) return index;
  return /^\d{1,15}$/.test(zone) && Number(zone) <= 0xffff_ffff ? Number(zone) : null;
}

function indexOf(name: string): number | null {
  if (!interfaceName.test(name)) return null;
  try {
    return Number(readFileSync(`/sys/class/net/${name}/ifindex`, 'latin1'));
  } catch {
    return null;
  }
}
