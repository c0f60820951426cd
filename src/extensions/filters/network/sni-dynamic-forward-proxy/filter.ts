// Owns the filter that holds a connection back until the server name of its ClientHello is resolved.
import {
  CloseType,
  type ConnectionCallbacks,
  ConnectionEvent,
  FilterStatus,
  type ReadFilter,
  type ReadFilterCallbacks,
} from '../../../../network/api.ts';
import { readAuthority } from '../../../common/dynamic-forward-proxy/authority.ts';
import type { CachedHost, HostWaiter } from '../../../common/dynamic-forward-proxy/cached-host.ts';
import type { DnsCache } from '../../../common/dynamic-forward-proxy/dns-cache.ts';
import {
  dynamicHost,
  dynamicPort,
  saveUpstreamAddress,
  setDynamicPort,
} from '../../../common/dynamic-forward-proxy/filter-state.ts';

export interface SniDynamicForwardProxySettings {
  readonly cache: DnsCache;
  /** Null: the default. */
  readonly port: number | null;
  readonly saveAddress: boolean;
}

const defaultPort = 443;

export class SniDynamicForwardProxyFilter implements ReadFilter, ConnectionCallbacks, HostWaiter {
  readonly #settings: SniDynamicForwardProxySettings;
  #callbacks!: ReadFilterCallbacks;
  /** What the connection waits for. */
  #host: CachedHost | null = null;

  constructor(settings: SniDynamicForwardProxySettings) {
    this.#settings = settings;
  }

  initialize(callbacks: ReadFilterCallbacks): void {
    this.#callbacks = callbacks;
    callbacks.connection.addCallbacks(this);
  }

  onNewConnection(): FilterStatus {
    const { cache, port: configured } = this.#settings;
    const { info, streamInfo, connection } = this.#callbacks;
    const name = dynamicHost(streamInfo) ?? info.requestedServerName;
    if (name === '') return FilterStatus.Continue;
    if (!cache.acquirePending()) {
      connection.close(CloseType.NoFlush);
      return FilterStatus.StopIteration;
    }
    const port = dynamicPort(streamInfo) ?? configured;
    // The cluster looks for the host by the same port.
    if (port !== null) setDynamicPort(streamInfo, port);
    const host = cache.load(readAuthority(name, port ?? defaultPort));
    if (host === null) {
      cache.releasePending();
      connection.close(CloseType.NoFlush);
      return FilterStatus.StopIteration;
    }
    if (!host.resolved) {
      this.#host = host;
      host.wait(this);
      return FilterStatus.StopIteration;
    }
    cache.releasePending();
    this.#accept(host);
    return FilterStatus.Continue;
  }

  onData(): FilterStatus {
    return this.#host === null ? FilterStatus.Continue : FilterStatus.StopIteration;
  }

  onHostResolved(host: CachedHost): void {
    this.#host = null;
    this.#settings.cache.releasePending();
    this.#accept(host);
    this.#callbacks.continueReading();
  }

  /** A name without address goes on too: the cluster has no host for it. */
  #accept({ addresses: [address] }: CachedHost): void {
    if (address !== undefined && this.#settings.saveAddress) saveUpstreamAddress(this.#callbacks.streamInfo, address);
  }

  onConnectionEvent(event: ConnectionEvent): void {
    if (event === ConnectionEvent.Connected || this.#host === null) return;
    this.#host.stopWaiting(this);
    this.#host = null;
    this.#settings.cache.releasePending();
  }

  onAboveWriteBufferHighWatermark(): void {}

  onBelowWriteBufferLowWatermark(): void {}
}
