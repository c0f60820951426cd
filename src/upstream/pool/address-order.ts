// Owns the order in which the addresses of one host are tried (RFC 8305 section 4): families alternate, the preferred
// one first, so that a broken family costs one delay and not one for each of its addresses.
import type { Address } from '../../base/address.ts';
import type { HappyEyeballsConfig } from '../cluster-config.ts';

/** At least one address. With `firstFamily: 'default'` the family of the first address begins. */
export function connectOrder(addresses: readonly Address[], config: HappyEyeballsConfig): readonly Address[] {
  const first = addresses[0];
  const firstFamily =
    config.firstFamily === 'default' ? (first === undefined ? 0 : familyOf(first)) : config.firstFamily;
  const preferred = addresses.filter((address) => familyOf(address) === firstFamily);
  const others = addresses.filter((address) => familyOf(address) !== firstFamily);
  const ordered: Address[] = [];
  for (let p = 0, o = 0; p < preferred.length || o < others.length; ) {
    ordered.push(...preferred.slice(p, p + config.firstFamilyCount));
    p += config.firstFamilyCount;
    ordered.push(...others.slice(o, o + 1));
    o++;
  }
  return ordered;
}

function familyOf(address: Address): number {
  return address.kind === 'ip' ? address.family : 0;
}
