// What the makers of route tables share while one table is made.
import type { Clock } from '../../base/clock.ts';
import type { Runtime } from '../../base/runtime.ts';
import type { ConfigContext } from '../../config/api.ts';
import type { ExtensionRegistry } from '../../config/extension-registry.ts';
import type { StatsScope } from '../../observability/stats/api.ts';
import type { ClusterManager } from '../../upstream/api.ts';
import type { WatchedBody } from '../route-table/watched-body.ts';
import type { ClusterSpecifier } from './cluster-specifier.ts';

/** What a table needs of the process. */
export interface RouteTableServices {
  readonly clusters: ClusterManager;
  /** Filters read their typed_per_filter_config. Their factories must have been loaded. */
  readonly extensions: ExtensionRegistry;
  readonly runtime: Runtime;
  readonly clock: Clock;
  /** Root of all statistics. */
  readonly stats: StatsScope;
  readonly node: { readonly cluster: string; readonly localCluster: string };
}

export interface RouteTableContext {
  readonly services: RouteTableServices;
  readonly config: ConfigContext;
}

interface BuildSettings {
  readonly routeConfigName: string;
  readonly validateClusters: boolean;
  readonly mostSpecificHeaderMutationsWins: boolean;
  readonly maxDirectResponseBodyBytes: number;
}

/** For one table. */
export class RouteBuild {
  readonly clusters: ClusterManager;
  readonly extensions: ExtensionRegistry;
  readonly runtime: Runtime;
  readonly clock: Clock;
  /** Root of all statistics, for this table: what it took goes with it. */
  readonly stats: StatsScope;
  readonly sourceCluster: string;
  readonly localCluster: string;
  readonly config: ConfigContext;
  readonly settings: BuildSettings;
  /** By name; undefined is one whose error was reported. */
  clusterSpecifiers: ReadonlyMap<string, ClusterSpecifier | undefined> = new Map();
  /** What follows files for as long as the table is there. */
  readonly watched: WatchedBody[] = [];
  /** Clusters that routes name. */
  readonly clusterNames = new Set<string>();

  /** Clusters that are named must be there. */
  get validateClusters(): boolean {
    return this.settings.validateClusters;
  }

  constructor({ services, config }: RouteTableContext, settings: BuildSettings) {
    this.clusters = services.clusters;
    this.extensions = services.extensions;
    this.runtime = services.runtime;
    this.clock = services.clock;
    this.stats = services.stats.scope('');
    this.sourceCluster = services.node.cluster;
    this.localCluster = services.node.localCluster;
    this.config = config;
    this.settings = settings;
  }
}
