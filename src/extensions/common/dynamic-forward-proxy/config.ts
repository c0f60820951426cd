// Owns the way from envoy.extensions.common.dynamic_forward_proxy.v3.DnsCacheConfig to the settings of a DNS cache, and the
// rule that a configuration describes each cache in one way only.
import { isDeepStrictEqual } from 'node:util';
import { durationMs } from '../../../base/duration.ts';
import type { ConfigContext } from '../../../config/api.ts';
import type { Cluster_DnsLookupFamily } from '../../../generated/envoy/config/cluster/v3/cluster_pb.d.ts';
import type { DnsCacheConfig } from '../../../generated/envoy/extensions/common/dynamic_forward_proxy/v3/dns_cache_pb.d.ts';
import { readCidr } from '../../../matchers/api.ts';
import {
  type DnsFamily,
  type DnsResolverConfig,
  readDnsResolver,
  readLegacyDnsResolver,
} from '../../../upstream/cluster-type/api.ts';
import type { DnsCacheSettings } from './settings.ts';

/** By Cluster.DnsLookupFamily. */
const families: Readonly<Record<Cluster_DnsLookupFamily, DnsFamily>> = {
  0: 'auto',
  1: 'v4_only',
  2: 'v6_only',
  3: 'v4_preferred',
  4: 'all',
};

/** Envoy takes an absent cache for one without a name. Undefined after a problem was reported with `code`. */
export function readDnsCache(
  message: DnsCacheConfig | undefined,
  owner: object,
  context: ConfigContext,
  code: 'RMR0400' | 'RMR0700' | 'RMR0903',
): DnsCacheSettings | undefined {
  const before = context.errorCount;
  const settings: DnsCacheSettings = Object.freeze({
    name: message?.name ?? '',
    family: families[message?.dnsLookupFamily ?? 0],
    refreshMs: durationMs(message?.dnsRefreshRate, 60_000),
    minRefreshMs: durationMs(message?.dnsMinRefreshRate, 5_000),
    hostTtlMs: durationMs(message?.hostTtl, 300_000),
    maxHosts: message?.maxHosts ?? 1024,
    failureRefresh: readFailureRefresh(message),
    refreshOnFailure: message?.disableDnsRefreshOnFailure !== true,
    maxPending: message?.dnsCacheCircuitBreaker?.maxPendingRequests ?? 1024,
    queryTimeoutMs: durationMs(message?.dnsQueryTimeout, 5_000),
    preresolve: readPreresolved(message),
    denied: readDenied(message, context),
    resolver: readResolver(message, context),
  });
  const place = message ?? owner;
  if (settings.preresolve.length > settings.maxHosts) {
    const text = `${settings.preresolve.length} preresolve_hostnames do not fit into max_hosts ${settings.maxHosts}`;
    context.error(place, 'preresolve_hostnames', code, text);
  }
  if (!agrees(settings, context)) {
    const text = `the DNS cache '${settings.name}' is described elsewhere with other settings`;
    context.error(place, '', code, text, 'give every dns_cache_config of that name the same fields, or another name');
  }
  return context.errorCount > before ? undefined : settings;
}

const described = new WeakMap<ConfigContext, Map<string, DnsCacheSettings>>();

/** With what the same configuration says elsewhere. */
function agrees(settings: DnsCacheSettings, context: ConfigContext): boolean {
  let byName = described.get(context);
  if (byName === undefined) {
    byName = new Map();
    described.set(context, byName);
  }
  const other = byName.get(settings.name);
  if (other === undefined) byName.set(settings.name, settings);
  return other === undefined || isDeepStrictEqual(other, settings);
}

function readFailureRefresh(message: DnsCacheConfig | undefined): DnsCacheSettings['failureRefresh'] {
  const rate = message?.dnsFailureRefreshRate;
  if (rate === undefined) return null;
  const baseMs = durationMs(rate.baseInterval, 0);
  // Envoy takes a maximum below the base as it is.
  return { baseMs, maxMs: durationMs(rate.maxInterval, baseMs * 10) };
}

function readPreresolved(message: DnsCacheConfig | undefined): DnsCacheSettings['preresolve'] {
  return (message?.preresolveHostnames ?? []).map(({ address, portSpecifier }) => ({
    host: address,
    port: portSpecifier.case === 'portValue' ? portSpecifier.value : 0,
  }));
}

function readDenied(message: DnsCacheConfig | undefined, context: ConfigContext): DnsCacheSettings['denied'] {
  const filter = message?.resolvedAddressFilter;
  if (filter === undefined) return null;
  const ranges = filter.ranges.flatMap((range) => readCidr(range, context)?.text ?? []);
  return { ranges, inverted: filter.invertMatch };
}

function readResolver(message: DnsCacheConfig | undefined, context: ConfigContext): DnsResolverConfig | null {
  if (message === undefined) return null;
  return readDnsResolver(message.typedDnsResolverConfig, context) ?? readLegacyDnsResolver(message, context);
}
