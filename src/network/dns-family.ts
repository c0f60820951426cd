// Owns the meaning of Envoy's DNS lookup families.
import type { DnsAddress, DnsFamily } from './dns.ts';

/** Families to ask for, in order. With `fallback` the next is asked only when the one before gave nothing. */
export function familiesOf(family: DnsFamily): { readonly order: readonly (4 | 6)[]; readonly fallback: boolean } {
  switch (family) {
    case 'v4_only':
      return { order: [4], fallback: true };
    case 'v6_only':
      return { order: [6], fallback: true };
    case 'v4_preferred':
      return { order: [4, 6], fallback: true };
    case 'auto':
      return { order: [6, 4], fallback: true };
    case 'all':
      return { order: [4, 6], fallback: false };
  }
}

/** What of a mixed answer the family lets through. */
export function inPreference(addresses: readonly DnsAddress[], family: DnsFamily): readonly DnsAddress[] {
  const { order, fallback } = familiesOf(family);
  if (!fallback) return addresses;
  for (const version of order) {
    const matching = addresses.filter((address) => address.family === version);
    if (matching.length > 0) return matching;
  }
  return [];
}
