// Owns the client's address as a header of its own tells it.
import { isIP, SocketAddress } from 'node:net';
import { ipAddress } from '../../../../base/address.ts';
import type { DetectedAddress, OriginalIpDetection } from '../../../../http/connection-manager/api.ts';
import type { NameInfo, RequestHeaders } from '../../../../http/headers/api.ts';

export class CustomHeaderDetection implements OriginalIpDetection {
  readonly #name: NameInfo;
  readonly #trusted: boolean;
  readonly #nothing: DetectedAddress;

  /** `name` is pinned; `rejectStatus` 0 lets requests without the address pass. */
  constructor(name: NameInfo, trusted: boolean, rejectStatus: number) {
    this.#name = name;
    this.#trusted = trusted;
    this.#nothing = Object.freeze({ address: null, trusted: false, appendsXff: false, rejectStatus });
  }

  detect(headers: RequestHeaders): DetectedAddress {
    const value = headers.get(this.#name);
    const family = value === undefined ? 0 : isIP(value);
    if (value === undefined || family === 0) return this.#nothing;
    return {
      address: ipAddress(family === 6 ? canonical(value) : value, 0),
      trusted: this.#trusted,
      appendsXff: false,
      rejectStatus: 0,
    };
  }
}

/** RFC 5952: lower case, the longest zeros left out. A zone is kept as it is. */
function canonical(address: string): string {
  return address.includes('%') ? address : new SocketAddress({ address, family: 'ipv6' }).address;
}
