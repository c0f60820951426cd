// Owns the choice of addresses that a name may resolve to (resolved_address_filter).
import { type CidrRange, cidrRange } from '../../../base/cidr.ts';
import type { DeniedAddresses } from './settings.ts';

export class AddressFilter {
  readonly #ranges: readonly CidrRange[];
  readonly #inverted: boolean;

  constructor({ ranges, inverted }: DeniedAddresses) {
    this.#ranges = ranges.flatMap((text) => {
      const slash = text.lastIndexOf('/');
      return cidrRange(text.slice(0, slash), Number(text.slice(slash + 1))) ?? [];
    });
    this.#inverted = inverted;
  }

  denies(address: string): boolean {
    return this.#ranges.some((range) => range.contains(address)) !== this.#inverted;
  }
}
