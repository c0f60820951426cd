// Owns the process's resolvers: one for each configuration, made when first asked for.

import type { StatsScope } from '../observability/stats/api.ts';
import { type DnsResolver, type DnsResolverConfig, defaultDnsResolverConfig } from './dns.ts';
import { CaresResolver } from './dns-cares.ts';
import { getaddrinfoResolver } from './dns-getaddrinfo.ts';
import { createDnsStats, type DnsStats } from './dns-stats.ts';
import { SystemDnsFiles } from './dns-system-files.ts';

export class DnsResolvers {
  readonly #stats: StatsScope;
  readonly #files = new SystemDnsFiles();
  readonly #default: DnsResolverConfig;
  readonly #resolvers = new Map<string, DnsResolver>();
  #caresStats: DnsStats | null = null;

  /** `defaultConfig`: the bootstrap's typed_dns_resolver_config. `stats`: the scope without prefix. */
  constructor(stats: StatsScope, defaultConfig: DnsResolverConfig = defaultDnsResolverConfig) {
    this.#stats = stats;
    this.#default = defaultConfig;
  }

  /** Null: the default. */
  get(config: DnsResolverConfig | null): DnsResolver {
    const wanted = config ?? this.#default;
    const key = JSON.stringify(wanted);
    let resolver = this.#resolvers.get(key);
    if (resolver === undefined) {
      resolver = this.#create(wanted);
      this.#resolvers.set(key, resolver);
    }
    return resolver;
  }

  #create(config: DnsResolverConfig): DnsResolver {
    if (config.kind === 'getaddrinfo') return getaddrinfoResolver;
    this.#caresStats ??= createDnsStats(this.#stats);
    return new CaresResolver(config, this.#files, this.#caresStats);
  }
}
