// Owns the address of a client as the source of upstream connections.
import { type Address, ipAddress } from '../../../base/address.ts';
import type { NativeCalls } from '../../../base/ffi.ts';
import { openTransparent, type UpstreamSource } from '../../../network/api.ts';
import { FilterStateSource } from '../../../upstream/api.ts';

export class ClientSources {
  readonly #native: NativeCalls;
  readonly #mark: number;

  /** `mark`: of the packets; 0: none. */
  constructor(native: NativeCalls, mark: number) {
    this.#native = native;
    this.#mark = mark;
  }

  /** Null: the client has no address to connect from. */
  of(client: Address): FilterStateSource | null {
    if (client.kind !== 'ip') return null;
    const address = ipAddress(client.address, 0);
    if (address.kind !== 'ip') return null;
    const mark = this.#mark;
    const source: UpstreamSource = {
      address,
      key: `${address.text} ${mark}`,
      openSocket: (family) => openTransparent(this.#native, family, mark),
    };
    return new FilterStateSource(source);
  }
}
