// Owns the hosts of one subset by priority, and the balancer that chooses among them.
import type { Host, LoadBalancerContext } from '../../../upstream/api.ts';
import type {
  HostSet,
  LoadBalancer,
  LoadBalancerConfig,
  LoadBalancerOptions,
  LocalityHosts,
} from '../../../upstream/load-balancing/api.ts';
import type { SubsetConfig } from './subset-config.ts';

export type SubsetOptions = LoadBalancerOptions<SubsetConfig>;

export interface Subset {
  /** It has hosts, whatever their health. */
  readonly active: boolean;
  /** It takes one host only. */
  readonly single: boolean;
  /** Whether it had hosts in that priority. */
  has(priority: number): boolean;
  update(priority: number, hosts: readonly Host[], localityOf: LocalityIndex): void;
  chooseHost(context: LoadBalancerContext): Host | null;
}

/** Place of each host's locality in the priority's list. */
export type LocalityIndex = ReadonlyMap<Host, number>;

export function localityIndex(set: HostSet): LocalityIndex {
  const index = new Map<Host, number>();
  for (const [place, { hosts }] of set.localities.entries()) for (const host of hosts) index.set(host, place);
  return index;
}

/** Any number of hosts, under the policy that the configuration names. */
export class BalancedSubset implements Subset {
  readonly single = false;
  active = false;
  readonly #options: SubsetOptions;
  readonly #sets: HostSet[] = [];
  readonly #balancer: LoadBalancer;

  constructor(options: SubsetOptions) {
    this.#options = options;
    this.#grow();
    // A configuration without a child was refused.
    const { factory, config } = options.config.child as LoadBalancerConfig;
    this.#balancer = factory.create({ ...options, config, hostSets: this.#sets });
  }

  #grow(): void {
    const parents = this.#options.hostSets;
    for (let priority = this.#sets.length; priority < parents.length; priority++) {
      this.#sets.push(part(parents[priority] as HostSet, [], new Map(), 'none'));
    }
  }

  has(priority: number): boolean {
    return (this.#sets[priority]?.hosts.length ?? 0) > 0;
  }

  update(priority: number, hosts: readonly Host[], localityOf: LocalityIndex): void {
    this.#grow();
    const { hostSets, config } = this.#options;
    this.#sets[priority] = part(hostSets[priority] as HostSet, hosts, localityOf, config.localityWeights);
    this.active = this.#sets.some((set) => set.hosts.length > 0);
    this.#balancer.onHostsChanged(priority);
  }

  chooseHost(context: LoadBalancerContext): Host | null {
    return this.#balancer.chooseHost(context);
  }
}

/** One host, whatever its health: the first of the first priority that has one. */
export class SingleHostSubset implements Subset {
  readonly single = true;
  #host: Host | null = null;
  readonly #byPriority: (readonly Host[])[] = [];

  get active(): boolean {
    return this.#host !== null;
  }

  has(priority: number): boolean {
    return (this.#byPriority[priority]?.length ?? 0) > 0;
  }

  update(priority: number, hosts: readonly Host[]): void {
    while (this.#byPriority.length <= priority) this.#byPriority.push([]);
    this.#byPriority[priority] = hosts;
    this.#host = this.#byPriority.find((list) => list.length > 0)?.[0] ?? null;
  }

  chooseHost(): Host | null {
    return this.#host;
  }
}

/** The priority as the subset sees it. */
function part(
  parent: HostSet,
  hosts: readonly Host[],
  localityOf: LocalityIndex,
  weights: SubsetConfig['localityWeights'],
): HostSet {
  const excluded = new Set(parent.excluded);
  return {
    priority: parent.priority,
    ...byHealth(hosts),
    excluded: excluded.size === 0 ? [] : hosts.filter((host) => excluded.has(host)),
    localities: weights === 'none' ? [] : localitiesOf(parent, hosts, localityOf, weights === 'scaled'),
    overprovisioningFactor: parent.overprovisioningFactor,
    weightedPriorityHealth: parent.weightedPriorityHealth,
  };
}

function byHealth(hosts: readonly Host[]): Pick<LocalityHosts, 'hosts' | 'healthy' | 'degraded'> {
  const healthy = hosts.filter((host) => host.health === 'healthy');
  if (healthy.length === hosts.length) return { hosts, healthy: hosts, degraded: [] };
  return { hosts, healthy, degraded: hosts.filter((host) => host.health === 'degraded') };
}

function localitiesOf(
  parent: HostSet,
  hosts: readonly Host[],
  localityOf: LocalityIndex,
  scaled: boolean,
): LocalityHosts[] {
  const members = new Map<number, Host[]>();
  for (const host of hosts) {
    const place = localityOf.get(host) ?? 0;
    const list = members.get(place);
    if (list === undefined) members.set(place, [host]);
    else list.push(host);
  }
  // In the order of the whole: what is picked first stays first.
  return [...members]
    .sort(([a], [b]) => a - b)
    .map(([place, list]) => {
      const whole = parent.localities[place] as LocalityHosts;
      const weight = scaled ? Math.round((whole.weight * list.length) / whole.hosts.length) : whole.weight;
      return { weight, ...byHealth(list) };
    });
}
