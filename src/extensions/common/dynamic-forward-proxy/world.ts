// What a DNS cache needs of the process; clusters and filters both have it.
import type { Clock } from '../../../base/clock.ts';
import type { Random } from '../../../base/random.ts';
import type { Timers } from '../../../base/timers.ts';
import type { ProcessServices } from '../../../http/filter/api.ts';
import type { StatsScope } from '../../../observability/stats/api.ts';
import type { DnsResolver, DnsResolverConfig } from '../../../upstream/cluster-type/api.ts';

export interface CacheWorld {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  /** Root of all statistics: there is one for each process. */
  readonly rootStats: StatsScope;
  /** Null: the process's default. */
  dnsResolver(config: DnsResolverConfig | null): DnsResolver;
}

/** Of a filter. */
export function worldOf(services: ProcessServices): CacheWorld {
  const { clock, timers, random, stats: rootStats } = services;
  return { clock, timers, random, rootStats, dnsResolver: (config) => services.dnsResolver(config) };
}
