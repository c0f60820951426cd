// Owns the hosts of a cluster by priority: takes what discovery says, keeps the hosts that stay, adds and removes the
// rest, and says which priorities changed.
import type { UpstreamTransport } from '../network/api.ts';
import type { ClusterConfig, EndpointsConfig } from './cluster-config.ts';
import { type HostSpec, UpstreamHost } from './host.ts';
import { type HostTransports, sameLabels } from './host-transports.ts';
import type { HostSet, LocalityHosts } from './load-balancing/api.ts';

export interface HostsUpdate {
  readonly added: readonly UpstreamHost[];
  readonly removed: readonly UpstreamHost[];
  /** Priorities whose lists, weights or health are not what they were. */
  readonly changedPriorities: readonly number[];
}

type EndpointsPolicy = Pick<EndpointsConfig, 'overprovisioningFactor' | 'weightedPriorityHealth'>;

export class HostSets {
  /** By priority, without gaps; at least one. The array stays the same object. */
  readonly sets: HostSet[] = [emptySet(0)];
  readonly #byKey = new Map<string, UpstreamHost>();
  readonly #clusterName: string;
  readonly #observabilityName: string;

  readonly #transports: HostTransports | null;

  /** `transports`: null where no connections are made. */
  constructor(config: Pick<ClusterConfig, 'name' | 'observabilityName'>, transports: HostTransports | null = null) {
    this.#transports = transports;
    this.#clusterName = config.name;
    this.#observabilityName = config.observabilityName;
  }

  /** Every host, in the order in which they came. */
  all(): IterableIterator<UpstreamHost> {
    return this.#byKey.values();
  }

  find(key: string): UpstreamHost | null {
    return this.#byKey.get(key) ?? null;
  }

  get size(): number {
    return this.#byKey.size;
  }

  /** The first of two specs with one key stays, as in Envoy. */
  update(specs: readonly HostSpec[], policy: EndpointsPolicy): HostsUpdate {
    const added: UpstreamHost[] = [];
    const kept = new Set<UpstreamHost>();
    const members: Member[][] = [[]];
    const touched = new Set<number>();
    for (const spec of specs) {
      let host = this.#byKey.get(spec.key);
      if (host === undefined) {
        host = new UpstreamHost(this.#clusterName, this.#observabilityName, spec);
        this.#byKey.set(spec.key, host);
        host.transport = this.#transportOf(host);
        added.push(host);
      } else if (kept.has(host)) {
        continue;
      } else {
        const { priority: before, metadata, localityMetadata } = host;
        if (host.update(spec)) touched.add(before).add(spec.priority);
        if (!sameLabels(metadata, host.metadata) || !sameLabels(localityMetadata, host.localityMetadata)) {
          host.useTransport(this.#transportOf(host));
        }
      }
      kept.add(host);
      while (members.length <= spec.priority) members.push([]);
      members[spec.priority]?.push({ host, spec });
    }
    const removed: UpstreamHost[] = [];
    for (const host of this.#byKey.values()) if (!kept.has(host)) removed.push(host);
    for (const host of removed) this.#byKey.delete(host.key);
    return { added, removed, changedPriorities: this.#rebuild(members, policy, touched) };
  }

  #transportOf(host: UpstreamHost): UpstreamTransport | null {
    return this.#transports?.resolve(host.metadata, host.localityMetadata) ?? null;
  }

  #rebuild(members: readonly Member[][], policy: EndpointsPolicy, touched: ReadonlySet<number>): number[] {
    const changed: number[] = [];
    // A priority that went away stays as an empty set: balancers index by priority.
    const count = Math.max(members.length, this.sets.length);
    for (let priority = 0; priority < count; priority++) {
      const before = this.sets[priority];
      const set = buildSet(priority, members[priority] ?? [], policy);
      if (before !== undefined && !touched.has(priority) && sameSet(before, set)) continue;
      this.sets[priority] = set;
      changed.push(priority);
    }
    return changed;
  }
}

/** envoy.config.core.v3.HealthStatus. */
const DRAINING = 3;

interface Member {
  readonly host: UpstreamHost;
  readonly spec: HostSpec;
}

function emptySet(priority: number): HostSet {
  return buildSet(priority, [], { overprovisioningFactor: 140, weightedPriorityHealth: false });
}

function buildSet(priority: number, members: readonly Member[], policy: EndpointsPolicy): HostSet {
  const byLocality = new Map<string, { weight: number; hosts: UpstreamHost[] }>();
  for (const { host, spec } of members) {
    const { region, zone, subZone } = spec.locality;
    const key = JSON.stringify([region, zone, subZone]);
    const locality = byLocality.get(key);
    if (locality === undefined) byLocality.set(key, { weight: spec.localityWeight, hosts: [host] });
    else locality.hosts.push(host);
  }
  const localities: LocalityHosts[] = [];
  for (const { weight, hosts } of byLocality.values()) localities.push({ weight, ...byHealth(hosts) });
  return {
    priority,
    ...byHealth(members.map((member) => member.host)),
    excluded: members.filter(({ host }) => host.healthStatus === DRAINING).map(({ host }) => host),
    localities,
    overprovisioningFactor: policy.overprovisioningFactor,
    weightedPriorityHealth: policy.weightedPriorityHealth,
  };
}

function byHealth(hosts: UpstreamHost[]): Pick<LocalityHosts, 'hosts' | 'healthy' | 'degraded'> {
  const healthy = hosts.every((host) => host.health === 'healthy')
    ? hosts
    : hosts.filter((host) => host.health === 'healthy');
  return { hosts, healthy, degraded: healthy === hosts ? [] : hosts.filter((host) => host.health === 'degraded') };
}

function sameSet(a: HostSet, b: HostSet): boolean {
  return (
    a.overprovisioningFactor === b.overprovisioningFactor &&
    a.weightedPriorityHealth === b.weightedPriorityHealth &&
    sameHosts(a.hosts, b.hosts) &&
    a.localities.length === b.localities.length &&
    a.localities.every((locality, index) => {
      const other = b.localities[index];
      return other !== undefined && locality.weight === other.weight && sameHosts(locality.hosts, other.hosts);
    })
  );
}

function sameHosts(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((host, index) => host === b[index]);
}
