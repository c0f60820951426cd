// Owns the part that round robin, random and least request share: choose the priority, choose which of its hosts may be
// used (healthy, degraded, or all in panic), honour locality weights where configured, and ask again when a retry
// refuses the host. A policy adds only how one host is picked from one list.
import type { Random } from '../../../base/random.ts';
import type { Host, LoadBalancerContext, RetryPriority } from '../../../upstream/api.ts';
import type {
  HostSet,
  LoadBalancer,
  LoadBalancerOptions,
  LocalityHosts,
} from '../../../upstream/load-balancing/api.ts';
import { EdfScheduler } from './edf-scheduler.ts';
import type { LocalityChoice } from './locality-config.ts';
import { type PriorityShare, priorityShares, sharesWithout } from './priority-load.ts';

/** Picks from one list of hosts. */
export interface HostPicker {
  /** The list is never empty. */
  pick(): Host;
  /** Takes a new list, never empty, keeping its place in the rotation. Weights may have changed even if the hosts did not. */
  setHosts(hosts: readonly Host[]): void;
}

export type CreatePicker = (hosts: readonly Host[]) => HostPicker;

const Availability = { Healthy: 0, Degraded: 1, All: 2 } as const;
type Availability = (typeof Availability)[keyof typeof Availability];

/** Pickers of one priority, made when first asked for. */
class PriorityPickers {
  readonly #createPicker: CreatePicker;
  readonly #pickers: [HostPicker | null, HostPicker | null, HostPicker | null] = [null, null, null];
  #localities: [LocalityPickers | null, LocalityPickers | null] = [null, null];
  #set: HostSet;

  constructor(set: HostSet, createPicker: CreatePicker) {
    this.#set = set;
    this.#createPicker = createPicker;
  }

  update(set: HostSet): void {
    this.#set = set;
    this.#localities = [null, null];
    for (const availability of [Availability.Healthy, Availability.Degraded, Availability.All] as const) {
      const hosts = this.#list(availability);
      if (hosts.length === 0) this.#pickers[availability] = null;
      else this.#pickers[availability]?.setHosts(hosts);
    }
  }

  pick(availability: Availability, localityWeighted: boolean): Host | null {
    if (localityWeighted && availability !== Availability.All) {
      this.#localities[availability] ??= new LocalityPickers(this.#set, availability, this.#createPicker);
      const host = this.#localities[availability]?.pick() ?? null;
      if (host !== null) return host;
    }
    let picker = this.#pickers[availability];
    if (picker === null) {
      const hosts = this.#list(availability);
      if (hosts.length === 0) return null;
      picker = this.#createPicker(hosts);
      this.#pickers[availability] = picker;
    }
    return picker.pick();
  }

  #list(availability: Availability): readonly Host[] {
    if (availability === Availability.Healthy) return this.#set.healthy;
    return availability === Availability.Degraded ? this.#set.degraded : this.#set.hosts;
  }
}

/** Localities of one priority by weight times availability (locality weighted load balancing). */
class LocalityPickers {
  readonly #pickers: HostPicker[] = [];
  readonly #weights: number[] = [];
  readonly #scheduler: EdfScheduler | null;

  constructor(set: HostSet, availability: Availability, createPicker: CreatePicker) {
    for (const locality of set.localities) {
      const hosts = availability === Availability.Healthy ? locality.healthy : locality.degraded;
      const weight = effectiveWeight(locality, hosts, set.overprovisioningFactor);
      if (hosts.length === 0 || weight <= 0) continue;
      this.#pickers.push(createPicker(hosts));
      this.#weights.push(weight);
    }
    this.#scheduler = this.#weights.length === 0 ? null : new EdfScheduler(this.#weights);
  }

  /** Null when no locality has a weight: the caller takes any host then. */
  pick(): Host | null {
    if (this.#scheduler === null) return null;
    const index = this.#scheduler.peek();
    this.#scheduler.reschedule(this.#weights[index] ?? 1);
    return this.#pickers[index]?.pick() ?? null;
  }
}

/** https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/load_balancing/locality_weight */
function effectiveWeight(locality: LocalityHosts, available: readonly Host[], overprovisioningFactor: number): number {
  if (locality.hosts.length === 0) return 0;
  const availability = (overprovisioningFactor / 100) * (available.length / locality.hosts.length);
  return locality.weight * Math.min(1, availability);
}

export class PriorityLoadBalancer implements LoadBalancer {
  readonly foresees = true;
  readonly #options: LoadBalancerOptions<unknown>;
  readonly #random: Random;
  readonly #createPicker: CreatePicker;
  readonly #localityWeighted: boolean;
  readonly #failTrafficOnPanic: boolean;
  readonly #priorities: PriorityPickers[] = [];
  #shares: PriorityShare[] = [];
  /** All traffic goes to one priority's healthy hosts, the usual case: no dice. -1 otherwise. */
  #only = -1;

  constructor(options: LoadBalancerOptions<unknown>, locality: LocalityChoice, createPicker: CreatePicker) {
    this.#options = options;
    this.#random = options.random;
    this.#createPicker = createPicker;
    this.#localityWeighted = locality.kind === 'weighted';
    this.#failTrafficOnPanic = locality.kind === 'zone_aware' && locality.failTrafficOnPanic;
    for (const set of options.hostSets) this.#priorities.push(new PriorityPickers(set, createPicker));
    this.#recalculate();
  }

  onHostsChanged(priority: number): void {
    const sets = this.#options.hostSets;
    for (let index = this.#priorities.length; index < sets.length; index++) {
      const set = sets[index];
      if (set !== undefined) this.#priorities.push(new PriorityPickers(set, this.#createPicker));
    }
    const set = sets[priority];
    if (set !== undefined) this.#priorities[priority]?.update(set);
    this.#recalculate();
  }

  #recalculate(): void {
    this.#shares = priorityShares(this.#options.hostSets, this.#options.common.panicThreshold);
    this.#only = this.#shares.findIndex((share) => share.healthy === 100 && !share.panic);
  }

  chooseHost(context: LoadBalancerContext): Host | null {
    const { retryPriority } = context;
    const host = this.#chooseOnce(retryPriority);
    if (host === null || !context.shouldSelectAnotherHost(host)) return host;
    let last: Host = host;
    for (let attempts = context.hostSelectionAttempts; attempts > 0; attempts--) {
      const next = this.#chooseOnce(retryPriority);
      if (next === null) return null;
      if (!context.shouldSelectAnotherHost(next)) return next;
      last = next;
    }
    return last;
  }

  #chooseOnce(retryPriority: RetryPriority | null): Host | null {
    const excluded = retryPriority === null ? null : retryPriority.excluded();
    if (excluded !== null && retryPriority !== null) return this.#chooseBy(this.#sharesFor(retryPriority, excluded));
    if (this.#only >= 0)
      return this.#priorities[this.#only]?.pick(Availability.Healthy, this.#localityWeighted) ?? null;
    return this.#chooseBy(this.#shares);
  }

  #sharesFor(retryPriority: RetryPriority, excluded: readonly boolean[]): readonly PriorityShare[] {
    const { hostSets } = this.#options;
    const shares = sharesWithout(hostSets, excluded, this.#shares);
    if (shares !== null) return shares;
    retryPriority.startOver();
    return this.#shares;
  }

  #chooseBy(shares: readonly PriorityShare[]): Host | null {
    let dice = this.#random.uint32() % 100;
    for (let priority = 0; priority < shares.length; priority++) {
      const share = shares[priority] as PriorityShare;
      if (dice < share.healthy) return this.#pickFrom(priority, share.panic, Availability.Healthy);
      dice -= share.healthy;
    }
    for (let priority = 0; priority < shares.length; priority++) {
      const share = shares[priority] as PriorityShare;
      if (dice < share.degraded) return this.#pickFrom(priority, share.panic, Availability.Degraded);
      dice -= share.degraded;
    }
    return null;
  }

  #pickFrom(priority: number, panic: boolean, availability: Availability): Host | null {
    const pickers = this.#priorities[priority];
    if (pickers === undefined) return null;
    if (!panic) return pickers.pick(availability, this.#localityWeighted);
    this.#options.stats.lbHealthyPanic.inc();
    return this.#failTrafficOnPanic ? null : pickers.pick(Availability.All, false);
  }
}
