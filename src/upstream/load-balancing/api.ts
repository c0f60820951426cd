// What a load-balancing policy sees and offers. Policies are extensions (category `envoy.load_balancing_policies`);
// core hands them the hosts of a cluster by priority and tells them when a priority changed.
import type { Random } from '../../base/random.ts';
import type { Runtime } from '../../base/runtime.ts';
import type { ConfigContext } from '../../config/context.ts';
import { extensionCategory } from '../../config/extension-registry.ts';
import type { Counter, Gauge } from '../../observability/stats/api.ts';
import type { Host, LoadBalancerContext } from '../api.ts';

/** Hosts of one locality within a priority. */
export interface LocalityHosts {
  /** load_balancing_weight of the locality; 0 when not given. */
  readonly weight: number;
  readonly hosts: readonly Host[];
  readonly healthy: readonly Host[];
  readonly degraded: readonly Host[];
}

/** One priority of a cluster. The arrays are replaced, never changed, so that identity tells whether they are the same. */
export interface HostSet {
  readonly priority: number;
  readonly hosts: readonly Host[];
  /** The same array as `hosts` when all are healthy. */
  readonly healthy: readonly Host[];
  readonly degraded: readonly Host[];
  /** Hosts that discovery is draining: they count neither as available nor as missing. */
  readonly excluded: readonly Host[];
  readonly localities: readonly LocalityHosts[];
  /** Percent. */
  readonly overprovisioningFactor: number;
  /** Availability counts weights instead of heads. */
  readonly weightedPriorityHealth: boolean;
}

/** Envoy's CommonLbConfig, as far as policies need it. */
export interface CommonLbConfig {
  /** Percent of available hosts below which health is disregarded; 0 turns panic off. */
  readonly panicThreshold: number;
}

export interface LoadBalancer {
  /** Its choice is any request's: the host of the next one may be chosen ahead. */
  readonly foresees?: boolean;
  /** Null when no host may be used. No allocation; O(log hosts) at most. */
  chooseHost(context: LoadBalancerContext): Host | null;
  /** The hosts of that priority, or their health or weights, changed. */
  onHostsChanged(priority: number): void;
  /** Its cluster is gone: what it shows in gauges goes. Requests that are on their way may still ask it. */
  close?(): void;
}

export interface LoadBalancerOptions<Config> {
  readonly config: Config;
  readonly common: CommonLbConfig;
  /** By priority; grows and shrinks. Read it at each change. */
  readonly hostSets: readonly HostSet[];
  readonly random: Random;
  readonly runtime: Runtime;
  readonly stats: LoadBalancerStats;
}

/** Of `cluster.NAME.` */
export interface LoadBalancerStats {
  readonly lbHealthyPanic: Counter;
  readonly lbSubsetsActive: Gauge;
  readonly lbSubsetsCreated: Counter;
  readonly lbSubsetsRemoved: Counter;
  readonly lbSubsetsSelected: Counter;
  readonly lbSubsetsFallback: Counter;
  readonly lbSubsetsFallbackPanic: Counter;
  /** There once it was asked for, as in Envoy. */
  readonly lbSubsetsSingleHostPerSubsetDuplicate: Gauge;
}

/** A policy as configured. */
export interface LoadBalancerConfig {
  readonly typeName: string;
  readonly factory: LoadBalancerFactory;
  readonly config: unknown;
}

/**
 * Reads the policy that a policy has under it, from its LoadBalancingPolicy message; for `lb_subset_config` the one that
 * `lb_policy` names. Undefined when there is none that can be used: it was reported then.
 */
export type ReadChildPolicy = (policies: unknown) => LoadBalancerConfig | undefined;

/** `Config` is what `parse` makes: frozen plain data, compared by value. */
export interface LoadBalancerFactory<Config = unknown> {
  /**
   * `message` is the policy's typed message, or, for `lb_policy`, the cluster's `*_lb_config` (undefined when absent),
   * whose fields are a subset. Problems go to `context`; the result is then not used.
   */
  parse(message: unknown, context: ConfigContext, readChild: ReadChildPolicy): Config;
  create(options: LoadBalancerOptions<Config>): LoadBalancer;
}

export const loadBalancerCategory = extensionCategory<LoadBalancerFactory>('envoy.load_balancing_policies');
