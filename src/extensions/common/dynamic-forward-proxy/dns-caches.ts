// Owns the process's DNS caches by name: filters and clusters that name the same one share it. One with other settings, as
// a changed configuration brings, takes the name over; who has the old one keeps it until it is replaced itself.
import { isDeepStrictEqual } from 'node:util';
import type { StatsScope } from '../../../observability/stats/api.ts';
import { DnsCache } from './dns-cache.ts';
import type { DnsCacheSettings } from './settings.ts';
import type { CacheWorld } from './world.ts';

const byProcess = new WeakMap<StatsScope, Map<string, DnsCache>>();

export function sharedDnsCache(settings: DnsCacheSettings, world: CacheWorld): DnsCache {
  let caches = byProcess.get(world.rootStats);
  if (caches === undefined) {
    caches = new Map();
    byProcess.set(world.rootStats, caches);
  }
  const known = caches.get(settings.name);
  if (known !== undefined && isDeepStrictEqual(known.settings, settings)) return known;
  const cache = new DnsCache(settings, world);
  caches.set(settings.name, cache);
  return cache;
}
