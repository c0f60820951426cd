// Owns the client's address as a header of its own tells it.
import { isIP } from 'node:net';
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
    if (value === undefined || isIP(value) === 0) return this.#nothing;
    return { address: ipAddress(value, 0), trusted: this.#trusted, appendsXff: false, rejectStatus: 0 };
  }
}
