// Reads one route: what it matches and what it does.
import type { Route, VirtualHost } from '../../generated/envoy/config/route/v3/route_components_pb.d.ts';
import type { MirrorPolicy, RateLimits, RequestStats, RetryPolicy } from '../api.ts';
import { PreparedNonForwardingRoute } from '../route-table/direct-response-route.ts';
import type { PathPattern } from '../route-table/path-pattern.ts';
import { PreparedRequestStats } from '../route-table/request-stats.ts';
import type { FilterOverrides, Metadata, RouteBaseSettings } from '../route-table/route-base.ts';
import type { VirtualClusterTable } from '../route-table/virtual-clusters.ts';
import { type RouteChoice, RouteEntry } from '../route-table/virtual-host.ts';
import type { RouteBuild } from './context.ts';
import { readDeprecatedCors } from './deprecated-cors.ts';
import { readDirectResponse } from './direct-response.ts';
import { readForward } from './forward.ts';
import { type LevelRules, readHeaderRules } from './header-rules.ts';
import { type RuleLevels, ruleChain } from './levels.ts';
import { readPerFilterConfigs } from './per-filter-config.ts';
import { readRedirect } from './redirect.ts';
import { readConditions, readPathPattern } from './route-match.ts';

/** What a virtual host's routes have from above. */
export interface RouteParents {
  readonly virtualHost: VirtualHost;
  readonly virtualHostRules: LevelRules;
  readonly routeConfigRules: LevelRules;
  readonly filterOverrides: FilterOverrides;
  readonly corsPolicies: readonly unknown[];
  readonly retryPolicy: RetryPolicy | null;
  readonly rateLimits: RateLimits;
  readonly mirrors: readonly MirrorPolicy[];
  readonly requestBufferLimit: number | undefined;
  readonly virtualClusters: VirtualClusterTable | null;
}

const noMetadata: Metadata = Object.freeze({});

/** Undefined when an error was reported. */
export function readRoute(message: Route, parents: RouteParents, build: RouteBuild): RouteEntry | undefined {
  // Required by the API's own rules.
  if (message.match === undefined) return undefined;
  const pattern = readPathPattern(message.match, build);
  const conditions = readConditions(message.match, build);
  if (message.routeSpecifiers.length > 0) {
    build.config.error(message, 'route_specifiers', 'RMR0304', 'route_specifiers are not implemented yet');
  }
  const choice = pattern && readChoice(message, pattern, parents, build);
  return pattern && choice && new RouteEntry(message.name, pattern, conditions, choice);
}

function readChoice(
  message: Route,
  pattern: PathPattern,
  parents: RouteParents,
  build: RouteBuild,
): RouteChoice | undefined {
  const levels: RuleLevels = {
    weightedCluster: null,
    route: readHeaderRules(message, build.config),
    virtualHost: parents.virtualHostRules,
    routeConfig: parents.routeConfigRules,
  };
  const filterOverrides = readPerFilterConfigs(message.typedPerFilterConfig, parents.filterOverrides, build);
  const base: RouteBaseSettings = {
    name: message.name,
    virtualHostName: parents.virtualHost.name,
    routeConfigName: build.settings.routeConfigName,
    filterOverrides,
    deprecatedCorsPolicies:
      message.action.case === 'route'
        ? readDeprecatedCors(message.action.value.cors, parents.corsPolicies, build)
        : parents.corsPolicies,
    metadata: message.metadata?.filterMetadata ?? noMetadata,
    virtualHostMetadata: parents.virtualHost.metadata?.filterMetadata,
    requestBufferLimit: bufferLimit(message) ?? parents.requestBufferLimit,
    responseRules: ruleChain(levels, 'response', build),
    virtualClusters: parents.virtualClusters,
    ownStats: readOwnStats(message, parents, build),
  };
  const { action } = message;
  switch (action.case) {
    case 'route':
      return readForward(
        action.value,
        {
          pattern,
          base,
          levels,
          filterOverrides,
          virtualHost: parents.virtualHost,
          virtualHostRetryPolicy: parents.retryPolicy,
          virtualHostRateLimits: parents.rateLimits,
          mirrors: parents.mirrors,
        },
        build,
      );
    case 'redirect':
      return readRedirect(action.value, pattern, base, build);
    case 'directResponse':
      return readDirectResponse(action.value, base, build);
    case 'nonForwardingAction':
      return new PreparedNonForwardingRoute(base);
    case 'filterAction': {
      const text = 'Nothing makes use of filter_action: neither Envoy nor Remora has an extension that reads it';
      build.config.error(message, 'filter_action', 'RMR0306', text);
      return undefined;
    }
    case undefined:
      // Required by the API's own rules.
      return undefined;
  }
}

/** stat_prefix. Routes of a virtual host with one prefix count together. */
function readOwnStats({ statPrefix }: Route, { virtualHost }: RouteParents, build: RouteBuild): RequestStats | null {
  if (statPrefix === '') return null;
  return new PreparedRequestStats(build.stats, `vhost.${virtualHost.name}.route.${statPrefix}.`);
}

/** Bytes; undefined where the message does not say. The 64-bit field is the newer one. */
export function bufferLimit(message: {
  readonly perRequestBufferLimitBytes?: number | undefined;
  readonly requestBodyBufferLimit?: bigint | undefined;
}): number | undefined {
  if (message.requestBodyBufferLimit !== undefined) return Number(message.requestBodyBufferLimit);
  return message.perRequestBufferLimitBytes;
}
