// Owns the hosts of a dynamic forward proxy cluster: the names of its DNS cache that have addresses. A request that names
// one which nobody has asked for yet may wait here for it; mostly a filter did so before.
import { noAddress } from '../../../observability/api.ts';
import type { Cancellable, Host, HostLookupCallbacks, LoadBalancerContext } from '../../../upstream/api.ts';
import type { EndpointConfig, HostSource, HostSourceContext, HostSpec } from '../../../upstream/cluster-type/api.ts';
import { type Authority, readAuthority } from '../../common/dynamic-forward-proxy/authority.ts';
import { type CachedHost, failureDetails, type HostWaiter } from '../../common/dynamic-forward-proxy/cached-host.ts';
import { DynamicForwardProxyCluster } from '../../common/dynamic-forward-proxy/cluster.ts';
import type { CacheFollower, DnsCache } from '../../common/dynamic-forward-proxy/dns-cache.ts';
import { sharedDnsCache } from '../../common/dynamic-forward-proxy/dns-caches.ts';
import { dynamicHost, dynamicPort } from '../../common/dynamic-forward-proxy/filter-state.ts';
import type { DynamicForwardProxyConfig } from './config.ts';

export class DynamicForwardProxyHosts extends DynamicForwardProxyCluster implements HostSource, CacheFollower {
  readonly defaultPort: number;
  readonly cache: DnsCache;
  readonly #context: HostSourceContext;
  readonly #specs = new Map<string, HostSpec>();

  constructor(config: DynamicForwardProxyConfig, context: HostSourceContext) {
    super();
    this.defaultPort = config.secure ? 443 : 80;
    this.cache = sharedDnsCache(config.cache, context);
    this.#context = context;
  }

  start(): void {
    this.cache.follow(this);
    for (const host of this.cache.hosts()) if (host.addresses.length > 0) this.#specs.set(host.key, specOf(host));
    if (this.#specs.size > 0) this.#show();
    this.#context.ready();
  }

  /** The names come from requests alone. */
  setEndpoints(): void {}

  stop(): void {
    this.cache.unfollow(this);
  }

  // --- requests ------------------------------------------------------------------------------------------------------

  chooseHost(context: LoadBalancerContext): Host | null {
    const authority = this.#authority(context);
    if (authority === null) return null;
    this.cache.find(authority.key)?.touch();
    return this.#context.host(hostKey(authority.key));
  }

  lookUpHost(context: LoadBalancerContext, callbacks: HostLookupCallbacks): Cancellable | string {
    const authority = this.#authority(context);
    if (authority === null) return 'empty_host_header';
    const known = this.cache.find(authority.key);
    if (known?.resolved === true) return failureDetails(known);
    if (!this.cache.acquirePending()) return 'dns_cache_pending_requests_overflow';
    const host = this.cache.load(authority);
    if (host === null) {
      this.cache.releasePending();
      return 'dns_cache_overflow';
    }
    return new Lookup(host, this.cache, this.#context, callbacks);
  }

  /** Null: the request names none. */
  #authority({ streamInfo, requestHeaders }: LoadBalancerContext): Authority | null {
    const host =
      (streamInfo && dynamicHost(streamInfo)) ??
      (requestHeaders === null ? streamInfo?.connection.requestedServerName : requestHeaders.authority);
    if (host === undefined || host === '') return null;
    return readAuthority(host, (streamInfo && dynamicPort(streamInfo)) ?? this.defaultPort);
  }

  // --- the cache -----------------------------------------------------------------------------------------------------

  onHostAddresses(host: CachedHost): void {
    this.#specs.set(host.key, specOf(host));
    this.#show();
  }

  onHostRemoved(host: CachedHost): void {
    if (this.#specs.delete(host.key)) this.#show();
  }

  #show(): void {
    this.#context.setHosts([...this.#specs.values()], this.#context.endpoints);
  }
}

/** A request that waits for its name here. */
class Lookup implements Cancellable, HostWaiter {
  readonly #host: CachedHost;
  readonly #cache: DnsCache;
  readonly #context: HostSourceContext;
  readonly #callbacks: HostLookupCallbacks;

  constructor(host: CachedHost, cache: DnsCache, context: HostSourceContext, callbacks: HostLookupCallbacks) {
    this.#host = host;
    this.#cache = cache;
    this.#context = context;
    this.#callbacks = callbacks;
    host.wait(this);
  }

  cancel(): void {
    this.#host.stopWaiting(this);
    this.#cache.releasePending();
  }

  onHostResolved(resolved: CachedHost): void {
    this.#cache.releasePending();
    const host = this.#context.host(hostKey(resolved.key));
    this.#callbacks.onHostLookedUp(host, host === null ? failureDetails(resolved) : '');
  }
}

/** Not the address: that may change under the host. */
function hostKey(key: string): string {
  return `name:${key}`;
}

const noLocality = { region: '', zone: '', subZone: '' };

function specOf({ key, addresses }: CachedHost): HostSpec {
  const [address = noAddress, ...others] = addresses;
  const endpoint: EndpointConfig = {
    address,
    dnsName: '',
    port: 0,
    additionalAddresses: [],
    hostname: key,
    weight: 1,
    health: 'healthy',
    healthStatus: 0,
    metadata: {},
    canary: false,
  };
  return {
    endpoint,
    address,
    additionalAddresses: others,
    hostname: key,
    locality: noLocality,
    localityWeight: 0,
    priority: 0,
    key: hostKey(key),
  };
}
