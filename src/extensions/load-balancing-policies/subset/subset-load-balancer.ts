// Owns the subset policy: a request that says which metadata its host must carry goes to the hosts that carry just that,
// by the child policy; where there is no such subset, to the fallback.
// https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/load_balancing/subsets
import type { Host, LoadBalancerContext, MetadataMatchCriteria } from '../../../upstream/api.ts';
import type { HostSet, LoadBalancer } from '../../../upstream/load-balancing/api.ts';
import { hostHas } from './host-metadata.ts';
import { SelectorTable } from './selector-table.ts';
import type { Fallback } from './subset-config.ts';
import { BalancedSubset, localityIndex, type Subset, type SubsetOptions } from './subset-hosts.ts';
import { SubsetTable } from './subset-table.ts';

export class SubsetLoadBalancer implements LoadBalancer {
  readonly #options: SubsetOptions;
  readonly #subsets: SubsetTable;
  readonly #selectors: SelectorTable;
  /** All hosts, and those of the default subset; null where nothing falls back to them. */
  readonly #any: Subset | null;
  readonly #default: Subset | null;

  constructor(options: SubsetOptions) {
    this.#options = options;
    const { selectors, fallback, panicModeAny, redundantKeys } = options.config;
    this.#subsets = new SubsetTable(options);
    this.#selectors = new SelectorTable(selectors, redundantKeys);
    const fallsBackTo = (wanted: Fallback): boolean =>
      fallback === wanted || selectors.some((selector) => selector.fallback === wanted);
    this.#any = panicModeAny || fallsBackTo('any') ? new BalancedSubset(options) : null;
    this.#default = fallsBackTo('default') ? new BalancedSubset(options) : null;
    for (const [priority, set] of options.hostSets.entries()) this.#update(priority, set);
  }

  onHostsChanged(priority: number): void {
    const set = this.#options.hostSets[priority];
    if (set !== undefined) this.#update(priority, set);
  }

  #update(priority: number, set: HostSet): void {
    const { localityWeights, defaultSubset, listAsAny } = this.#options.config;
    const localityOf = localityWeights === 'none' ? new Map<Host, number>() : localityIndex(set);
    this.#any?.update(priority, set.hosts, localityOf);
    const ofDefault = this.#default === null ? [] : set.hosts.filter((host) => hostHas(host, defaultSubset, listAsAny));
    this.#default?.update(priority, ofDefault, localityOf);
    this.#subsets.update(priority, set.hosts, localityOf);
  }

  close(): void {
    this.#subsets.close();
  }

  chooseHost(context: LoadBalancerContext): Host | null {
    const criteria = context.metadataMatch;
    const choices = this.#options.config.metadataFallbackList ? (criteria?.fallbacks ?? null) : null;
    if (choices === null) return this.#chooseBy(criteria, context);
    for (let i = 0; i < choices.length; i++) {
      const host = this.#chooseBy(choices[i] as MetadataMatchCriteria, context);
      if (host !== null) return host;
    }
    return null;
  }

  #chooseBy(asked: MetadataMatchCriteria | null, context: LoadBalancerContext): Host | null {
    if (asked === null) return this.#fallBack(context);
    const criteria = this.#selectors.effective(asked);
    const subset = this.#subsets.find(criteria.text);
    if (subset !== null) {
      this.#options.stats.lbSubsetsSelected.inc();
      return subset.chooseHost(context);
    }
    const selector = this.#selectors.fallbackFor(criteria);
    switch (selector?.fallback) {
      case 'keys':
        // Fewer keys each time: it ends.
        return this.#chooseBy(criteria.narrow(selector.fallbackKeys), context);
      case 'any':
        return this.#any?.chooseHost(context) ?? null;
      case 'default':
        return this.#default?.chooseHost(context) ?? null;
      case 'none':
        return null;
      default:
        return this.#fallBack(context);
    }
  }

  #fallBack(context: LoadBalancerContext): Host | null {
    const { config, stats } = this.#options;
    if (config.fallback === 'none') return null;
    const host = (config.fallback === 'any' ? this.#any : this.#default)?.chooseHost(context) ?? null;
    if (host !== null) {
      stats.lbSubsetsFallback.inc();
      return host;
    }
    const anyHost = config.panicModeAny ? (this.#any?.chooseHost(context) ?? null) : null;
    if (anyHost !== null) stats.lbSubsetsFallbackPanic.inc();
    return anyHost;
  }
}
