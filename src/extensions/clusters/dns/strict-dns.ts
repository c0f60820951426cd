// Owns STRICT_DNS: every address that a name resolves to is a host; an address that is no longer there goes. A failure
// changes nothing; an empty answer is an answer, and takes the name's hosts away.
// https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/service_discovery#strict-dns
import { type Address, ipAddress } from '../../../base/address.ts';
import { logger } from '../../../base/logger.ts';
import type {
  DnsResolution,
  EndpointConfig,
  EndpointsConfig,
  HostSource,
  HostSourceContext,
  HostSpec,
  LocalityConfig,
} from '../../../upstream/cluster-type/api.ts';
import type { DnsClusterConfig } from './config.ts';
import { DnsRefresh, type RefreshOwner } from './refresh.ts';

const log = logger('upstream');

interface Target {
  readonly endpoint: EndpointConfig;
  readonly locality: LocalityConfig;
  readonly refresh: DnsRefresh;
  addresses: readonly Address[];
  /** Has had an answer or a failure. */
  answered: boolean;
}

export class StrictDnsHosts implements HostSource, RefreshOwner {
  readonly #config: DnsClusterConfig;
  readonly #context: HostSourceContext;
  #endpoints: EndpointsConfig;
  #targets: Target[] = [];

  constructor(config: DnsClusterConfig, context: HostSourceContext) {
    this.#config = config;
    this.#context = context;
    this.#endpoints = context.endpoints;
  }

  start(): void {
    this.#begin(this.#endpoints);
  }

  /** Names that stay keep what they resolved to until they are answered anew. */
  setEndpoints(endpoints: EndpointsConfig): void {
    this.stop();
    this.#begin(endpoints);
  }

  stop(): void {
    for (const target of this.#targets) target.refresh.stop();
  }

  #begin(endpoints: EndpointsConfig): void {
    const known = new Map<string, readonly Address[]>();
    for (const target of this.#targets) known.set(keyOf(target.endpoint), target.addresses);
    this.#endpoints = endpoints;
    this.#targets = [];
    for (const locality of endpoints.localities) {
      for (const endpoint of locality.endpoints) {
        const refresh = new DnsRefresh(endpoint.dnsName, this.#config, this.#context, this);
        const addresses = known.get(keyOf(endpoint)) ?? [];
        this.#targets.push({ endpoint, locality, refresh, addresses, answered: false });
      }
    }
    if (known.size > 0) this.#publish();
    if (this.#targets.length === 0) this.#context.ready();
    for (const target of this.#targets.slice()) target.refresh.start();
  }

  onAddresses(refresh: DnsRefresh, resolution: Extract<DnsResolution, { status: 'completed' }>): boolean {
    const target = this.#targets.find((candidate) => candidate.refresh === refresh);
    if (target === undefined) return true;
    const addresses = resolution.addresses.map(({ address }) => ipAddress(address, target.endpoint.port));
    const first = !target.answered;
    if (sameAddresses(target.addresses, addresses)) {
      if (!first) this.#context.stats.updateNoRebuild.inc();
      if (first && addresses.length > 0) this.#publish();
    } else {
      target.addresses = addresses;
      this.#publish();
    }
    this.#answered(target);
    return true;
  }

  onFailure(refresh: DnsRefresh, details: string): void {
    log.debug(`cluster ${this.#context.clusterName}: cannot resolve ${refresh.name}: ${details}`);
    const target = this.#targets.find((candidate) => candidate.refresh === refresh);
    if (target !== undefined) this.#answered(target);
  }

  #answered(target: Target): void {
    target.answered = true;
    if (this.#targets.every((candidate) => candidate.answered)) this.#context.ready();
  }

  #publish(): void {
    const hosts: HostSpec[] = [];
    for (const { endpoint, locality, addresses } of this.#targets) {
      for (const address of addresses) {
        hosts.push({
          endpoint,
          address,
          additionalAddresses: [],
          hostname: endpoint.hostname === '' ? endpoint.dnsName : endpoint.hostname,
          locality: locality.locality,
          localityWeight: locality.weight,
          localityMetadata: locality.metadata,
          priority: locality.priority,
          key: address.text,
        });
      }
    }
    this.#context.setHosts(hosts, this.#endpoints);
  }
}

function keyOf(endpoint: EndpointConfig): string {
  return `${endpoint.dnsName}:${endpoint.port}`;
}

/** The order in which a server names them means nothing. */
function sameAddresses(a: readonly Address[], b: readonly Address[]): boolean {
  return a.length === b.length && a.every((address) => b.some((other) => other.text === address.text));
}
