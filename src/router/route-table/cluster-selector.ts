// Owns how a route finds its cluster.
import type { NameInfo } from '../../http/headers/name.ts';
import type { RequestData } from '../../matchers/tree/inputs.ts';
import type { MatchNode } from '../../matchers/tree/match-tree.ts';
import type { ClusterHandle, ClusterManager } from '../../upstream/api.ts';
import type { RouteMatchContext } from '../api.ts';

export interface ClusterSelector {
  select(context: RouteMatchContext): ClusterHandle;
}

export class NamedCluster implements ClusterSelector {
  readonly #handle: ClusterHandle;
  constructor(handle: ClusterHandle) {
    this.#handle = handle;
  }
  select(): ClusterHandle {
    return this.#handle;
  }
}

/** cluster_header: the request says which. */
export class HeaderCluster implements ClusterSelector {
  readonly #clusters: ClusterManager;
  readonly #name: NameInfo;
  constructor(clusters: ClusterManager, name: NameInfo) {
    this.#clusters = clusters;
    this.#name = name;
  }
  select({ headers }: RouteMatchContext): ClusterHandle {
    const name = headers.get(this.#name) ?? '';
    // A handle lives for good: clients must not be able to make new ones.
    return this.#clusters.has(name) ? this.#clusters.handle(name) : { name, cluster: null };
  }
}

const noCluster: ClusterHandle = Object.freeze({ name: '', cluster: null });

/** A matcher tree says which. */
export class TreeCluster implements ClusterSelector {
  readonly #tree: MatchNode<RequestData, ClusterHandle>;
  constructor(tree: MatchNode<RequestData, ClusterHandle>) {
    this.#tree = tree;
  }
  select(context: RouteMatchContext): ClusterHandle {
    return this.#tree.find(context) ?? noCluster;
  }
}
