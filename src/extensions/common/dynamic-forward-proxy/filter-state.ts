// Owns the filter state by which filters and clusters of the dynamic forward proxy speak with each other.
import type { Address } from '../../../base/address.ts';
import type { FilterStateObject, StreamInfo } from '../../../observability/api.ts';

const hostKey = 'envoy.upstream.dynamic_host';
const portKey = 'envoy.upstream.dynamic_port';
const addressKey = 'envoy.stream.upstream_address';

/** Undefined: none. */
export function dynamicHost({ filterState }: StreamInfo): string | undefined {
  return filterState?.get(hostKey)?.text;
}

/** Undefined: none that can be used. */
export function dynamicPort({ filterState }: StreamInfo): number | undefined {
  const port = filterState?.get(portKey)?.json;
  return typeof port === 'number' && port > 0 && port <= 65_535 ? port : undefined;
}

export function setDynamicPort(streamInfo: StreamInfo, port: number): void {
  streamInfo.setFilterState(portKey, { text: String(port), json: port });
}

/** For filters behind, which may have a word about where the request goes. */
export function saveUpstreamAddress(streamInfo: StreamInfo, address: Address): void {
  streamInfo.setFilterState(addressKey, new SavedAddress(address));
}

/** Null: none; another object under that key is none either. */
export function savedUpstreamAddress({ filterState }: StreamInfo): Address | null {
  const saved = filterState?.get(addressKey);
  return saved instanceof SavedAddress ? saved.upstream : null;
}

/** As in Envoy it has no text, and to matchers of filter state it is no address. */
class SavedAddress implements FilterStateObject {
  readonly text = undefined;
  readonly json = undefined;
  readonly upstream: Address;

  constructor(address: Address) {
    this.upstream = address;
  }
}
