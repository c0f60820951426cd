// Owns the endpoints of a cluster: one object for as long as an endpoint is in the cluster, which carries its numbers
// and its connection pools. What discovery says anew (weight, health, metadata) is written into the object, so that
// connections of an unchanged address survive every update.
import { isDeepStrictEqual } from 'node:util';
import type { Address } from '../base/address.ts';
import type { UpstreamTransport } from '../network/api.ts';
import type { Host, HostHealth, HostStats, HostUser, Locality } from './api.ts';
import type { EndpointConfig, Metadata } from './cluster-config.ts';
import { HostPools } from './host-pools.ts';
import type { HttpConnectionPool } from './pool/http-pool.ts';
import type { HostTcpPool } from './pool/tcp-pool.ts';

const noMetadata: Metadata = Object.freeze({});

/** What discovery says of one endpoint, resolved. */
export interface HostSpec {
  readonly endpoint: EndpointConfig;
  readonly address: Address;
  readonly additionalAddresses: readonly Address[];
  /** For auto_host_rewrite and logs. */
  readonly hostname: string;
  readonly locality: Locality;
  readonly localityWeight: number;
  readonly localityMetadata?: Metadata | undefined;
  readonly priority: number;
  /** What makes it the same endpoint: the address, or a fixed word where the address may change under it (LOGICAL_DNS). */
  readonly key: string;
}

export class UpstreamHost implements Host {
  readonly clusterName: string;
  readonly clusterObservabilityName: string;
  readonly key: string;
  address: Address;
  /** In order of preference behind `address`; for happy eyeballs. */
  additionalAddresses: readonly Address[];
  hostname: string;
  weight: number;
  priority: number;
  locality: Locality;
  canary: boolean;
  metadata: Metadata;
  health: HostHealth;
  /** envoy.config.core.v3.HealthStatus as discovery gave it. */
  healthStatus: number;
  readonly stats: HostStats = new HostNumbers();
  readonly pools = new HostPools<HttpConnectionPool>();
  /** Where clients choose the protocol, of those that chose HTTP/2; null where none did. */
  http2Pools: HostPools<HttpConnectionPool> | null = null;
  /** Null where nobody asked for plain connections. */
  tcpPools: HostPools<HostTcpPool> | null = null;
  /** Its cluster has it no longer: pools made for it (a request that chose it just before) drain at once. */
  removed = false;
  /** Who has no pool here, and ends with the host (UDP sessions); made when the first comes. */
  users: Set<HostUser> | null = null;
  /** Of connections from now on; null: bytes as they come. */
  transport: UpstreamTransport | null = null;
  #localityMetadata: Metadata;
  #description: Host | null = null;

  constructor(clusterName: string, clusterObservabilityName: string, spec: HostSpec) {
    const endpoint = spec.endpoint;
    this.clusterName = clusterName;
    this.clusterObservabilityName = clusterObservabilityName;
    this.key = spec.key;
    this.address = spec.address;
    this.additionalAddresses = spec.additionalAddresses;
    this.hostname = spec.hostname;
    this.weight = endpoint.weight;
    this.priority = spec.priority;
    this.locality = spec.locality;
    this.canary = endpoint.canary;
    this.metadata = endpoint.metadata;
    this.health = endpoint.health;
    this.healthStatus = endpoint.healthStatus;
    this.#localityMetadata = spec.localityMetadata ?? noMetadata;
  }

  get localityMetadata(): Metadata {
    return this.#localityMetadata;
  }

  /** Takes what discovery says now. Returns whether balancers must know. */
  update(spec: HostSpec): boolean {
    const endpoint = spec.endpoint;
    const changed =
      this.weight !== endpoint.weight ||
      this.health !== endpoint.health ||
      this.healthStatus !== endpoint.healthStatus ||
      this.priority !== spec.priority ||
      // Subsets go by it.
      !isDeepStrictEqual(this.metadata, endpoint.metadata);
    if (this.address.text !== spec.address.text) {
      this.address = spec.address;
      this.#description = null;
    }
    this.additionalAddresses = spec.additionalAddresses;
    this.hostname = spec.hostname;
    this.weight = endpoint.weight;
    this.priority = spec.priority;
    this.locality = spec.locality;
    this.canary = endpoint.canary;
    this.metadata = endpoint.metadata;
    this.health = endpoint.health;
    this.healthStatus = endpoint.healthStatus;
    this.#localityMetadata = spec.localityMetadata ?? noMetadata;
    return changed;
  }

  /**
   * What a connection made now keeps as its host: this object, or, where the address may change later, a description
   * that keeps today's.
   */
  connectionHost(): Host {
    if (this.key === this.address.text) return this;
    this.#description ??= new HostDescription(this, this.address);
    return this.#description;
  }

  /** Connections to it are open, or on their way. */
  get occupied(): boolean {
    return this.pools.occupied || this.http2Pools?.occupied === true || this.tcpPools?.occupied === true;
  }

  /** It left its cluster. */
  remove(): void {
    this.removed = true;
    this.pools.drain();
    this.http2Pools?.drain();
    this.tcpPools?.drain();
    const { users } = this;
    this.users = null;
    if (users !== null) for (const user of users) user.onHostRemoved();
  }

  /** For connections from now on; those with another socket take no new requests. */
  useTransport(transport: UpstreamTransport | null): void {
    if (transport === this.transport) return;
    this.transport = transport;
    this.pools.replace();
    this.http2Pools?.replace();
    this.tcpPools?.replace();
  }
}

/** A host with the address it had at one time; everything else is the host's. */
class HostDescription implements Host {
  readonly address: Address;
  readonly #host: UpstreamHost;

  constructor(host: UpstreamHost, address: Address) {
    this.#host = host;
    this.address = address;
  }

  get hostname(): string {
    return this.#host.hostname;
  }
  get clusterName(): string {
    return this.#host.clusterName;
  }
  get clusterObservabilityName(): string {
    return this.#host.clusterObservabilityName;
  }
  get weight(): number {
    return this.#host.weight;
  }
  get priority(): number {
    return this.#host.priority;
  }
  get locality(): Locality {
    return this.#host.locality;
  }
  get canary(): boolean {
    return this.#host.canary;
  }
  get metadata(): Metadata {
    return this.#host.metadata;
  }
  get health(): HostHealth {
    return this.#host.health;
  }
  get stats(): HostStats {
    return this.#host.stats;
  }
}

class HostNumbers implements HostStats {
  rqActive = 0;
  rqTotal = 0;
  rqSuccess = 0;
  rqError = 0;
  rqTimeout = 0;
  rqPendingActive = 0;
  cxActive = 0;
  cxTotal = 0;
  cxConnectFail = 0;
}
