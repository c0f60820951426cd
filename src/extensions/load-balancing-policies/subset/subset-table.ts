// Owns the subsets that the hosts of a cluster make: one for each selector and each set of values that a host has. They
// come and go with their hosts. They form a tree by their first criteria, which only the statistics show: a subset that
// others extend is counted as removed when those are gone too.
import { criterionText, type Host, type MetadataCriterion } from '../../../upstream/api.ts';
import type { LoadBalancerStats } from '../../../upstream/load-balancing/api.ts';
import { subsetsOfHost } from './host-metadata.ts';
import type { SelectorConfig } from './subset-config.ts';
import {
  BalancedSubset,
  type LocalityIndex,
  SingleHostSubset,
  type Subset,
  type SubsetOptions,
} from './subset-hosts.ts';

interface Node {
  readonly text: string;
  readonly parent: Node | null;
  /** Null where only longer ones have hosts. */
  subset: Subset | null;
  children: number;
}

export class SubsetTable {
  readonly #options: SubsetOptions;
  readonly #stats: LoadBalancerStats;
  readonly #nodes = new Map<string, Node>();

  constructor(options: SubsetOptions) {
    this.#options = options;
    this.#stats = options.stats;
  }

  /** By `MetadataMatchCriteria.text`; null when no host has just that. */
  find(text: string): Subset | null {
    const subset = this.#nodes.get(text)?.subset;
    return subset?.active ? subset : null;
  }

  /** These are the hosts of that priority now. */
  update(priority: number, hosts: readonly Host[], localityOf: LocalityIndex): void {
    const members = this.#members(hosts);
    for (const node of [...this.#nodes.values()]) {
      const { subset } = node;
      if (subset === null) continue;
      const own = members.get(node);
      if (own === undefined && !subset.has(priority)) continue;
      subset.update(priority, own ?? [], localityOf);
      if (own === undefined) this.#prune(node);
    }
  }

  #members(hosts: readonly Host[]): Map<Node, Host[]> {
    const { selectors, listAsAny } = this.#options.config;
    const members = new Map<Node, Host[]>();
    // As in Envoy the statistic is of the priority that changed last.
    let surplus = 0;
    for (const host of hosts) {
      for (const selector of selectors) {
        for (const criteria of subsetsOfHost(host, selector.keys, listAsAny)) {
          const node = this.#node(criteria, selector);
          const list = members.get(node);
          if (list === undefined) members.set(node, [host]);
          else {
            if (node.subset?.single) surplus++;
            // A list may name a value twice.
            if (list.at(-1) !== host) list.push(host);
          }
        }
      }
    }
    this.#stats.lbSubsetsSingleHostPerSubsetDuplicate.set(surplus);
    return members;
  }

  #node(criteria: readonly MetadataCriterion[], selector: SelectorConfig): Node {
    let parent: Node | null = null;
    let text = '';
    for (const criterion of criteria) {
      text = text === '' ? criterionText(criterion) : `${text},${criterionText(criterion)}`;
      let node = this.#nodes.get(text);
      if (node === undefined) {
        node = { text, parent, subset: null, children: 0 };
        this.#nodes.set(text, node);
        if (parent !== null) parent.children++;
      }
      parent = node;
    }
    // Criteria are never empty.
    const node = parent as Node;
    if (node.subset === null) {
      node.subset = selector.singleHost ? new SingleHostSubset() : new BalancedSubset(this.#options);
      this.#stats.lbSubsetsActive.inc();
      this.#stats.lbSubsetsCreated.inc();
    }
    return node;
  }

  #prune(start: Node): void {
    let node: Node | null = start;
    while (node !== null && node.children === 0 && !node.subset?.active) {
      this.#nodes.delete(node.text);
      if (node.subset !== null) this.#countRemoved();
      node = node.parent;
      if (node !== null) node.children--;
    }
  }

  #countRemoved(): void {
    this.#stats.lbSubsetsActive.dec();
    this.#stats.lbSubsetsRemoved.inc();
  }

  /** They count no more; requests may still find them. */
  close(): void {
    for (const { subset } of this.#nodes.values()) if (subset?.active) this.#countRemoved();
  }
}
