// Makes a route table from a route configuration.

import type { VirtualHost as VirtualHostMessage } from '../../generated/envoy/config/route/v3/route_components_pb.d.ts';
import type { RouteConfiguration } from '../../generated/envoy/config/route/v3/route_pb.d.ts';
import { pinnedName } from '../../http/headers/name.ts';
import type { RouteTable } from '../api.ts';
import { readRateLimits } from '../rate-limit/config.ts';
import { DomainTable } from '../route-table/domain-table.ts';
import { RequestView } from '../route-table/request-view.ts';
import { PreparedRouteTable } from '../route-table/route-table.ts';
import { TlsRedirectRoute } from '../route-table/tls-redirect-route.ts';
import { type RouteEntry, VirtualHost } from '../route-table/virtual-host.ts';
import { readClusterSpecifiers } from './cluster-specifier.ts';
import { RouteBuild, type RouteTableContext } from './context.ts';
import { readDeprecatedCors } from './deprecated-cors.ts';
import { readHeaderRules } from './header-rules.ts';
import { ruleChain } from './levels.ts';
import { readMirrorPolicies } from './mirror.ts';
import { readPerFilterConfigs } from './per-filter-config.ts';
import { readRetryPolicy } from './retry-policy.ts';
import { bufferLimit, type RouteParents, readRoute } from './route.ts';
import { readRouteMatcher } from './route-matcher.ts';
import { readVirtualClusters } from './virtual-clusters.ts';

const defaultMaxDirectResponseBodyBytes = 4096;

/** Undefined when an error was reported to `context.config`. */
export function buildRouteTable(message: RouteConfiguration, context: RouteTableContext): RouteTable | undefined {
  const errorsBefore = context.config.errorCount;
  const build = new RouteBuild(context, {
    routeConfigName: message.name,
    // Where routes stand in a connection manager and the field is not set, the check of the whole bootstrap does it.
    validateClusters: message.validateClusters === true,
    mostSpecificHeaderMutationsWins: message.mostSpecificHeaderMutationsWins,
    maxDirectResponseBodyBytes: message.maxDirectResponseBodySizeBytes ?? defaultMaxDirectResponseBodyBytes,
  });
  if (message.vhds !== undefined) context.config.error(message, 'vhds', 'RMR0306', 'VHDS is not implemented yet');
  const routeConfigRules = readHeaderRules(message, context.config);
  const routeConfigOverrides = readPerFilterConfigs(message.typedPerFilterConfig, null, build);
  const routeConfigMirrors = readMirrorPolicies(message.requestMirrorPolicies, build);
  build.clusterSpecifiers = readClusterSpecifiers(message.clusterSpecifierPlugins, build);
  const request = new RequestView();
  const domains = new DomainTable<VirtualHost>();
  const virtualHosts = message.virtualHosts.map((virtualHost) => {
    const parents: RouteParents = {
      virtualHost,
      virtualHostRules: readHeaderRules(virtualHost, context.config),
      routeConfigRules,
      filterOverrides: readPerFilterConfigs(virtualHost.typedPerFilterConfig, routeConfigOverrides, build),
      corsPolicies: readDeprecatedCors(virtualHost.cors, [], build),
      retryPolicy:
        virtualHost.retryPolicy === undefined ? null : readRetryPolicy(virtualHost.retryPolicy, context.config),
      rateLimits: readRateLimits(virtualHost.rateLimits, build, context.config),
      mirrors:
        virtualHost.requestMirrorPolicies.length === 0
          ? routeConfigMirrors
          : readMirrorPolicies(virtualHost.requestMirrorPolicies, build),
      requestBufferLimit: bufferLimit(virtualHost),
      virtualClusters: readVirtualClusters(virtualHost, build),
    };
    const made = makeVirtualHost(virtualHost, parents, request, build);
    // That no domain stands twice was checked when the message was loaded (config/semantic).
    for (const domain of virtualHost.domains) domains.add(domain, made);
    return made;
  });
  if (context.config.errorCount > errorsBefore) {
    build.stats.close();
    return undefined;
  }
  return new PreparedRouteTable({
    name: message.name,
    domains,
    virtualHosts,
    ignorePortInHostMatching: message.ignorePortInHostMatching,
    ignorePathParameters: message.ignorePathParametersInPathMatching,
    virtualHostHeader: message.vhostHeader === '' ? null : pinnedName(message.vhostHeader),
    internalOnlyHeaders: message.internalOnlyHeaders.map(pinnedName),
    clusterNames: [...build.clusterNames],
    stats: build.stats,
    watched: build.watched,
    request,
  });
}

function makeVirtualHost(
  message: VirtualHostMessage,
  parents: RouteParents,
  request: RequestView,
  build: RouteBuild,
): VirtualHost {
  if (message.routeSpecifiers.length > 0) {
    build.config.error(message, 'route_specifiers', 'RMR0304', 'route_specifiers are not implemented yet');
  }
  const matcher = message.matcher && readRouteMatcher(message.matcher, parents, request, build);
  const entries: RouteEntry[] = [...(matcher?.entries ?? [])];
  for (const route of message.routes) {
    const entry = readRoute(route, parents, build);
    if (entry !== undefined) entries.push(entry);
  }
  return new VirtualHost({
    metadata: message.metadata?.filterMetadata ?? null,
    name: message.name,
    domains: message.domains,
    entries,
    matcher: matcher?.tree ?? null,
    tlsRequirement: message.requireTls,
    tlsRedirect: message.requireTls === 0 ? null : makeTlsRedirect(message, parents, build),
    request,
  });
}

function makeTlsRedirect(message: VirtualHostMessage, parents: RouteParents, build: RouteBuild): TlsRedirectRoute {
  const noRules = { request: null, response: null };
  return new TlsRedirectRoute({
    name: '',
    virtualHostName: message.name,
    routeConfigName: build.settings.routeConfigName,
    filterOverrides: parents.filterOverrides,
    deprecatedCorsPolicies: parents.corsPolicies,
    metadata: {},
    virtualHostMetadata: message.metadata?.filterMetadata,
    requestBufferLimit: undefined,
    virtualClusters: null,
    ownStats: null,
    responseRules: ruleChain(
      {
        weightedCluster: null,
        route: noRules,
        virtualHost: parents.virtualHostRules,
        routeConfig: parents.routeConfigRules,
      },
      'response',
      build,
    ),
  });
}
