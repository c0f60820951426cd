// What the process gives to everything that a configuration builds: the world (clock, timers, random numbers), the
// statistics, and the managers. One object, made by server/main.ts; tests make their own.
import type { Clock } from '../base/clock.ts';
import type { TimeoutPool } from '../base/lazy-timeout.ts';
import type { Random } from '../base/random.ts';
import type { Runtime } from '../base/runtime.ts';
import type { Timers } from '../base/timers.ts';
import type { ExtensionRegistry } from '../config/extension-registry.ts';
import type { DnsResolver, DnsResolverConfig } from '../network/dns.ts';
import type { AccessLogSettings } from '../observability/access-log/api.ts';
import type { StatsScope } from '../observability/stats/api.ts';
import type { Secrets } from '../tls/api.ts';
import type { ClusterManager } from './api.ts';

export interface NodeInfo {
  readonly id: string;
  readonly cluster: string;
  /** cluster_manager.local_cluster_name: whose members are this process and its like; empty for none. */
  readonly localCluster: string;
  readonly region: string;
  readonly zone: string;
  readonly subZone: string;
}

export interface ProcessServices {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly timeouts: TimeoutPool;
  readonly random: Random;
  readonly runtime: Runtime;
  /** Root of all statistics. */
  readonly stats: StatsScope;
  readonly clusters: ClusterManager;
  readonly extensions: ExtensionRegistry;
  readonly secrets: Secrets;
  readonly accessLog: AccessLogSettings;
  /** The resolver for a configuration; null: the process's default. */
  dnsResolver(config: DnsResolverConfig | null): DnsResolver;
  readonly node: NodeInfo;
  /** First non-loopback address of the machine, for x-forwarded-for of loopback clients. */
  readonly localAddress: string;
  readonly drain: ProcessDrain;
}

/** Whether the process as a whole wants connections to end: /healthcheck/fail, /drain_listeners, shutdown. */
export interface ProcessDrain {
  /** /healthcheck/fail was called, and not undone. */
  readonly healthCheckFailed: boolean;
  /** `modifyOnly`: the listener drains only when it is changed (drain_type MODIFY_ONLY). Asked for each response; gradual draining answers true with growing probability. */
  drainClose(direction: TrafficDirection, modifyOnly: boolean): boolean;
  /** The same for one listener or filter chain that has been draining since then (monotonic milliseconds). */
  hasComeTo(since: number): boolean;
}

export type TrafficDirection = 'unspecified' | 'inbound' | 'outbound';
