// Owns the client's address as x-forwarded-for tells it: behind so many trusted hops, or behind trusted ranges.
import type { Address } from '../../../../base/address.ts';
import type { CidrRange } from '../../../../base/cidr.ts';
import {
  addressFromTheRight,
  contains,
  type DetectedAddress,
  lastUntrustedAddress,
  type OriginalIpDetection,
} from '../../../../http/connection-manager/api.ts';
import type { RequestHeaders } from '../../../../http/headers/api.ts';

export class XffDetection implements OriginalIpDetection {
  readonly #hops: number;
  /** Null: hops count. */
  readonly #ranges: readonly CidrRange[] | null;
  readonly #appends: boolean;

  constructor(hops: number, ranges: readonly CidrRange[] | null, appends: boolean) {
    this.#hops = hops;
    this.#ranges = ranges;
    this.#appends = appends;
  }

  detect(headers: RequestHeaders, peer: Address): DetectedAddress {
    const found = this.#find(headers, peer);
    return {
      address: found?.address ?? null,
      trusted: found?.single ?? false,
      appendsXff: this.#appends,
      rejectStatus: 0,
    };
  }

  #find(headers: RequestHeaders, peer: Address) {
    const ranges = this.#ranges;
    if (ranges === null) return addressFromTheRight(headers, this.#hops);
    // Who is no trusted proxy himself may write what he likes.
    if (peer.kind !== 'ip' || !contains(ranges, peer.address)) return null;
    return lastUntrustedAddress(headers, ranges);
  }
}
