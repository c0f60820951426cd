// Owns the filter that holds a request back until the host it names is resolved, where its cluster takes its hosts from
// requests.
import { FilterHeadersStatus, PassThroughDecoder } from '../../../../http/filter/api.ts';
import type { NameInfo, RequestHeaders } from '../../../../http/headers/api.ts';
import { ResponseFlag } from '../../../../observability/api.ts';
import type { Route } from '../../../../router/api.ts';
import { readAuthority } from '../../../common/dynamic-forward-proxy/authority.ts';
import { type CachedHost, failureDetails, type HostWaiter } from '../../../common/dynamic-forward-proxy/cached-host.ts';
import { DynamicForwardProxyCluster } from '../../../common/dynamic-forward-proxy/cluster.ts';
import type { DnsCache } from '../../../common/dynamic-forward-proxy/dns-cache.ts';
import { dynamicHost, dynamicPort, saveUpstreamAddress } from '../../../common/dynamic-forward-proxy/filter-state.ts';

export interface DynamicForwardProxySettings {
  readonly cache: DnsCache;
  readonly saveAddress: boolean;
  readonly hostFromFilterState: boolean;
}

/** Of a route. */
export interface HostRewrite {
  /** Empty: none. */
  readonly literal: string;
  /** Null: none. */
  readonly header: NameInfo | null;
}

export class DynamicForwardProxyFilter extends PassThroughDecoder implements HostWaiter {
  readonly #settings: DynamicForwardProxySettings;
  /** What the request waits for. */
  #host: CachedHost | null = null;

  constructor(settings: DynamicForwardProxySettings) {
    super();
    this.#settings = settings;
  }

  override decodeHeaders(headers: RequestHeaders): FilterHeadersStatus {
    const cluster = this.#cluster(headers);
    if (cluster === null) return FilterHeadersStatus.Continue;
    this.#rewriteHost(headers);
    const { cache } = this.#settings;
    const { streamInfo } = this.decoder;
    const fromState = this.#settings.hostFromFilterState;
    const name = (fromState ? dynamicHost(streamInfo) : undefined) ?? headers.authority;
    if (name === '') {
      this.decoder.sendLocalReply({
        status: 400,
        body: 'Empty host header',
        details: 'empty_host_header',
        cause: 'the request names no host, and its cluster is a dynamic forward proxy',
      });
      return FilterHeadersStatus.StopIteration;
    }
    if (!cache.acquirePending()) {
      const { name: cacheName, maxPending } = cache.settings;
      this.#refuse(
        'Dynamic forward proxy pending request overflow',
        'dynamic_forward_proxy_pending_request_overflow',
        `${maxPending} requests wait for names of the DNS cache '${cacheName}' (max_pending_requests)`,
      );
      return FilterHeadersStatus.StopIteration;
    }
    const port = (fromState ? dynamicPort(streamInfo) : undefined) ?? cluster.defaultPort;
    const host = cache.load(readAuthority(name, port));
    if (host === null) {
      cache.releasePending();
      const { name: cacheName, maxHosts } = cache.settings;
      const cause = `the DNS cache '${cacheName}' is full: ${maxHosts} names (max_hosts)`;
      this.#refuse('DNS cache overflow', 'dns_cache_overflow', cause);
      return FilterHeadersStatus.StopIteration;
    }
    if (!host.resolved) {
      this.#host = host;
      host.wait(this);
      return FilterHeadersStatus.StopAllIterationAndWatermark;
    }
    cache.releasePending();
    return this.#accept(host) ? FilterHeadersStatus.Continue : FilterHeadersStatus.StopIteration;
  }

  /** Null: the request goes elsewhere. */
  #cluster(headers: RequestHeaders): DynamicForwardProxyCluster | null {
    const route = this.decoder.route() as Route | null;
    if (route?.kind !== 'forward') return null;
    const { streamInfo, randomValue } = this.decoder;
    const source = route.selectCluster({ headers, streamInfo, randomValue }).cluster?.hostSource;
    return source instanceof DynamicForwardProxyCluster ? source : null;
  }

  #rewriteHost(headers: RequestHeaders): void {
    const rewrite = this.decoder.perRouteConfig() as HostRewrite | undefined;
    if (rewrite === undefined) return;
    const value = rewrite.header === null ? rewrite.literal : headers.get(rewrite.header);
    if (value === undefined || (value === '' && rewrite.header === null)) return;
    headers.authority = value;
    headers.emptyHost = value === '';
  }

  onHostResolved(host: CachedHost): void {
    this.#host = null;
    this.#settings.cache.releasePending();
    if (this.#accept(host)) this.decoder.continueDecoding();
  }

  /** False after a local reply. */
  #accept(host: CachedHost): boolean {
    const [address] = host.addresses;
    const { streamInfo } = this.decoder;
    if (address === undefined) {
      streamInfo.setFlag(ResponseFlag.DnsResolutionFailed);
      this.#refuse('DNS resolution failure', failureDetails(host), `cannot resolve '${host.name}': ${host.failure}`);
      return false;
    }
    if (this.#settings.saveAddress) saveUpstreamAddress(streamInfo, address);
    return true;
  }

  #refuse(body: string, details: string, cause: string): void {
    this.decoder.sendLocalReply({ status: 503, body, details, cause });
  }

  override onDestroy(): void {
    if (this.#host === null) return;
    this.#host.stopWaiting(this);
    this.#host = null;
    this.#settings.cache.releasePending();
  }
}
