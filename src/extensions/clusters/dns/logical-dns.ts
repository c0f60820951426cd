// Owns LOGICAL_DNS: one host that stands for the name. New connections go to the first address of the last answer;
// connections that exist stay, whatever the name resolves to now. An empty answer or a failure changes nothing.
// https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/service_discovery#logical-dns
import { type Address, ipAddress } from '../../../base/address.ts';
import { logger } from '../../../base/logger.ts';
import type {
  DnsResolution,
  EndpointsConfig,
  HostSource,
  HostSourceContext,
} from '../../../upstream/cluster-type/api.ts';
import type { DnsClusterConfig } from './config.ts';
import { DnsRefresh, type RefreshOwner } from './refresh.ts';

const log = logger('upstream');

export class LogicalDnsHosts implements HostSource, RefreshOwner {
  readonly #config: DnsClusterConfig;
  readonly #context: HostSourceContext;
  #endpoints: EndpointsConfig;
  #refresh: DnsRefresh | null = null;
  /** Of the last useful answer. */
  #addresses: readonly Address[] = [];

  constructor(config: DnsClusterConfig, context: HostSourceContext) {
    this.#config = config;
    this.#context = context;
    this.#endpoints = context.endpoints;
  }

  start(): void {
    // The configuration made sure that there is exactly one endpoint.
    const endpoint = this.#endpoints.localities[0]?.endpoints[0];
    if (endpoint === undefined) {
      this.#context.ready();
      return;
    }
    this.#refresh = new DnsRefresh(endpoint.dnsName, this.#config, this.#context, this);
    this.#refresh.start();
  }

  setEndpoints(endpoints: EndpointsConfig): void {
    this.stop();
    this.#endpoints = endpoints;
    this.start();
  }

  stop(): void {
    this.#refresh?.stop();
    this.#refresh = null;
  }

  onAddresses(_refresh: DnsRefresh, resolution: Extract<DnsResolution, { status: 'completed' }>): boolean {
    const locality = this.#endpoints.localities[0];
    const endpoint = locality?.endpoints[0];
    if (resolution.addresses.length === 0 || locality === undefined || endpoint === undefined) return false;
    const addresses = resolution.addresses.map(({ address }) => ipAddress(address, endpoint.port));
    const [first, ...others] = addresses;
    if (first === undefined) return false;
    const unchanged =
      this.#addresses.map((address) => address.text).join() === addresses.map((address) => address.text).join();
    if (unchanged) this.#context.stats.updateNoRebuild.inc();
    this.#addresses = addresses;
    const host = {
      endpoint,
      address: first,
      // Only where all families were asked for is the rest of the answer tried as well (happy eyeballs).
      additionalAddresses: this.#config.family === 'all' ? others : [],
      hostname: endpoint.hostname === '' ? endpoint.dnsName : endpoint.hostname,
      locality: locality.locality,
      localityWeight: locality.weight,
      localityMetadata: locality.metadata,
      priority: locality.priority,
      key: `logical:${endpoint.dnsName}:${endpoint.port}`,
    };
    this.#context.setHosts([host], this.#endpoints);
    this.#context.ready();
    return true;
  }

  onFailure(refresh: DnsRefresh, details: string): void {
    log.debug(`cluster ${this.#context.clusterName}: cannot resolve ${refresh.name}: ${details}`);
    this.#context.ready();
  }
}
