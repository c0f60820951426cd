// Owns the comparison of the addresses that listeners are bound to.
import type { ListenAddress } from './config-types.ts';

export function sameAddress(a: ListenAddress, b: ListenAddress): boolean {
  return a.address.text === b.address.text && a.ipv4Compat === b.ipv4Compat;
}
