// Owns the filter that takes a PROXY protocol header off a connection and believes what it says of client and destination.
import {
  FilterStatus,
  type ListenerFilter,
  type ListenerFilterCallbacks,
  type PeekedBytes,
} from '../../../../listener/api.ts';
import { longestHeader, mayBe, readProxyHeader } from './header.ts';
import type { ProxyProtocolStats } from './stats.ts';
import { keepValues, type ValueSettings } from './values.ts';

export interface ProxyProtocolSettings extends ValueSettings {
  readonly stats: ProxyProtocolStats;
  /** A connection may come without a header. */
  readonly optional: boolean;
  readonly versions: { readonly 1: boolean; readonly 2: boolean };
}

export class ProxyProtocolFilter implements ListenerFilter {
  readonly maxReadBytes = longestHeader;
  readonly #settings: ProxyProtocolSettings;
  #callbacks!: ListenerFilterCallbacks;

  constructor(settings: ProxyProtocolSettings) {
    this.#settings = settings;
  }

  onAccept(callbacks: ListenerFilterCallbacks): FilterStatus {
    this.#callbacks = callbacks;
    return FilterStatus.StopIteration;
  }

  onData(peeked: PeekedBytes): FilterStatus {
    const { stats, optional, versions } = this.#settings;
    const { bytes } = peeked;
    if (optional && !(versions[1] && mayBe(1, bytes)) && !(versions[2] && mayBe(2, bytes))) {
      // Also a header of a version that may not come is then left for what stands behind.
      stats.notFoundAllowed.inc();
      return FilterStatus.Continue;
    }
    const header = readProxyHeader(bytes);
    if (header === 'more') return FilterStatus.StopIteration;
    if (header === 'none') {
      stats.notFoundDisallowed.inc();
      return this.#refuse();
    }
    if (typeof header === 'string') {
      (header === 'bad-v1' ? stats.v1 : stats.v2).error.inc();
      return this.#refuse();
    }
    const versionStats = header.version === 1 ? stats.v1 : stats.v2;
    versionStats.found.inc();
    if (!versions[header.version]) {
      versionStats.disallowed.inc();
      return this.#refuse();
    }
    const { accepted } = this.#callbacks;
    keepValues(header, accepted, this.#settings);
    if (header.addresses !== null) {
      const { source, destination } = header.addresses;
      accepted.remoteAddress = source;
      if (destination.text !== accepted.localAddress.text) {
        accepted.localAddress = destination;
        accepted.localAddressRestored = true;
      }
    }
    peeked.drain(header.length);
    return FilterStatus.Continue;
  }

  #refuse(): FilterStatus {
    this.#callbacks.close('');
    return FilterStatus.StopIteration;
  }
}
