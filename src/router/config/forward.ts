// Reads routes that forward: RouteAction, and the clusters by weight in it. Weights, names and what excludes each other
// were checked when the message was loaded (config/semantic).
import { type DurationMessage, durationMs } from '../../base/duration.ts';
import type { ConfigContext } from '../../config/api.ts';
import type {
  RouteAction,
  VirtualHost,
  WeightedCluster,
  WeightedCluster_ClusterWeight,
} from '../../generated/envoy/config/route/v3/route_components_pb.d.ts';
import { pinnedName } from '../../http/headers/name.ts';
import { loadBalancingMetadata, MetadataMatchCriteria } from '../../upstream/api.ts';
import type { ConnectTermination, GrpcTimeoutRule, MirrorPolicy, RetryPolicy } from '../api.ts';
import { readRateLimits } from '../rate-limit/config.ts';
import type { RateLimits } from '../rate-limit/descriptor.ts';
import { type ClusterSelector, HeaderCluster, NamedCluster } from '../route-table/cluster-selector.ts';
import type { ForwardChoice, ForwardSettings } from '../route-table/forward-route.ts';
import { LiteralHostRewrite } from '../route-table/host-rewrite.ts';
import type { PathPattern } from '../route-table/path-pattern.ts';
import { forwardChoice } from '../route-table/request-cluster-route.ts';
import type { FilterOverrides, RouteBaseSettings } from '../route-table/route-base.ts';
import type { RouteChoice } from '../route-table/virtual-host.ts';
import { WeightedRoutes } from '../route-table/weighted-routes.ts';
import { type ClusterSpecifier, readClusterSpecifier } from './cluster-specifier.ts';
import type { RouteBuild } from './context.ts';
import { readHeaderRules } from './header-rules.ts';
import { readInternalRedirects } from './internal-redirect.ts';
import { type RuleLevels, ruleChain } from './levels.ts';
import { readMirrorPolicies } from './mirror.ts';
import { readHostRewrite, readRoutePathRewrite } from './path-rewrite.ts';
import { readPerFilterConfigs } from './per-filter-config.ts';
import { readRetryPolicy } from './retry-policy.ts';

const defaultTimeoutMs = 15_000;
/** By RouteAction.ClusterNotFoundResponseCode. */
const clusterNotFoundStatuses = [503, 404, 500] as const;

export interface ForwardParents {
  readonly pattern: PathPattern;
  readonly base: RouteBaseSettings;
  readonly levels: RuleLevels;
  readonly filterOverrides: FilterOverrides;
  readonly virtualHost: VirtualHost;
  readonly virtualHostRetryPolicy: RetryPolicy | null;
  readonly virtualHostRateLimits: RateLimits;
  readonly mirrors: readonly MirrorPolicy[];
}

/** Undefined when an error was reported. */
export function readForward(message: RouteAction, parents: ForwardParents, build: RouteBuild): RouteChoice | undefined {
  const settings = readSettings(message, parents, build);
  const { clusterSpecifier } = message;
  switch (clusterSpecifier.case) {
    case 'cluster':
      checkCluster(message, 'cluster', clusterSpecifier.value, build);
      return choice(parents.base, settings, new NamedCluster(build.clusters.handle(clusterSpecifier.value)));
    case 'clusterHeader':
      return choice(parents.base, settings, new HeaderCluster(build.clusters, pinnedName(clusterSpecifier.value)));
    case 'weightedClusters':
      return readWeighted(clusterSpecifier.value, settings, parents, build);
    case 'clusterSpecifierPlugin': {
      const name = clusterSpecifier.value;
      if (!build.clusterSpecifiers.has(name)) {
        const text = `There is no cluster specifier plugin ${JSON.stringify(name)}`;
        build.config.error(
          message,
          'cluster_specifier_plugin',
          'RMR0405',
          text,
          'cluster_specifier_plugins of the route configuration names them',
        );
      }
      return withPlugin(build.clusterSpecifiers.get(name), settings, parents);
    }
    case 'inlineClusterSpecifierPlugin':
      return withPlugin(readClusterSpecifier(clusterSpecifier.value, build), settings, parents);
    case undefined:
      // Required by the API's own rules.
      return undefined;
  }
}

type CommonSettings = Omit<ForwardSettings, 'cluster'>;

function choice(base: RouteBaseSettings, settings: CommonSettings, cluster: ClusterSelector): ForwardChoice {
  return forwardChoice(base, { ...settings, cluster });
}

/** No route where the plugin is of an unknown kind, optional or not. */
function withPlugin(
  plugin: ClusterSpecifier | undefined,
  settings: CommonSettings,
  parents: ForwardParents,
): ForwardChoice | undefined {
  return plugin === undefined || plugin === null ? undefined : choice(parents.base, settings, plugin);
}

function readSettings(message: RouteAction, parents: ForwardParents, build: RouteBuild): CommonSettings {
  const { config } = build;
  const { virtualHost } = parents;
  return {
    clusterNotFoundStatus: clusterNotFoundStatuses[message.clusterNotFoundResponseCode] ?? 503,
    priority: message.priority === 1 ? 1 : 0,
    metadataMatch: readMetadataMatch(message, null),
    timeoutMs: Math.floor(durationMs(message.timeout, defaultTimeoutMs)),
    idleTimeoutMs: optionalMs(durationMs(message.idleTimeout, undefined)),
    flushTimeoutMs: optionalMs(durationMs(message.flushTimeout, undefined)),
    maxStreamDurationMs: optionalMs(durationMs(message.maxStreamDuration?.maxStreamDuration, undefined)),
    usesStreamDuration: message.maxStreamDuration !== undefined,
    grpcTimeoutHeader: readGrpcTimeout(
      message.maxStreamDuration?.grpcTimeoutHeaderMax,
      message.maxStreamDuration?.grpcTimeoutHeaderOffset,
    ),
    grpcTimeout: readGrpcTimeout(message.maxGrpcTimeout, message.grpcTimeoutOffset),
    retryPolicy:
      message.retryPolicy === undefined ? parents.virtualHostRetryPolicy : readRetryPolicy(message.retryPolicy, config),
    internalRedirects: readInternalRedirects(message, config),
    mirrors:
      message.requestMirrorPolicies.length === 0
        ? parents.mirrors
        : readMirrorPolicies(message.requestMirrorPolicies, build),
    includeAttemptCountInRequest: virtualHost.includeRequestAttemptCount,
    includeAttemptCountInResponse: virtualHost.includeAttemptCountInResponse,
    includeTimeoutRetryInRequest: virtualHost.includeIsTimeoutRetryHeader,
    autoHostRewrite:
      message.hostRewriteSpecifier.case === 'autoHostRewrite' && message.hostRewriteSpecifier.value.value,
    appendForwardedHost: message.appendXForwardedHost,
    upgrades: readUpgrades(message),
    connect: readConnect(message, config),
    rateLimits: {
      own: readRateLimits(message.rateLimits, build, config),
      virtualHost: parents.virtualHostRateLimits,
      includeVirtualHost: message.includeVhRateLimits === true,
    },
    clusterHostRewrite: null,
    hostRewrite: readHostRewrite(message, config),
    pathRewrite: readRoutePathRewrite(message, parents.pattern, build),
    requestRules: ruleChain(parents.levels, 'request', build),
  };
}

function readMetadataMatch(
  { metadataMatch }: RouteAction | WeightedCluster_ClusterWeight,
  parent: MetadataMatchCriteria | null,
): MetadataMatchCriteria | null {
  const fields = metadataMatch?.filterMetadata[loadBalancingMetadata];
  if (fields === undefined) return parent;
  return parent === null ? MetadataMatchCriteria.of(fields) : parent.merge(fields);
}

function readGrpcTimeout(
  max: DurationMessage | undefined,
  offset: DurationMessage | undefined,
): GrpcTimeoutRule | null {
  if (max === undefined) return null;
  return { maxMs: Math.floor(durationMs(max, 0)), offsetMs: Math.floor(durationMs(offset, 0)) };
}

function optionalMs(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.floor(ms);
}

const noUpgrades: ReadonlyMap<string, boolean> = new Map();

function readUpgrades(message: RouteAction): ReadonlyMap<string, boolean> {
  if (message.upgradeConfigs.length === 0) return noUpgrades;
  return new Map(
    message.upgradeConfigs.map(({ upgradeType, enabled }) => [upgradeType.toLowerCase(), enabled ?? true]),
  );
}

/** As in Envoy, the last one counts, also where the upgrade itself is off. */
function readConnect(message: RouteAction, config: ConfigContext): ConnectTermination | null {
  let connect: ConnectTermination | null = null;
  for (const { upgradeType, connectConfig } of message.upgradeConfigs) {
    if (connectConfig === undefined) continue;
    const type = upgradeType.toLowerCase();
    if (type === 'connect-udp') config.error(connectConfig, '', 'RMR0306', 'CONNECT-UDP is not implemented yet');
    else if (type !== 'connect') {
      const text = `connect_config goes with the upgrade CONNECT, not with ${JSON.stringify(upgradeType)}`;
      config.error(connectConfig, '', 'RMR0600', text);
    }
    const { proxyProtocolConfig, allowPost } = connectConfig;
    const proxyProtocol = proxyProtocolConfig === undefined ? 0 : proxyProtocolConfig.version === 1 ? 2 : 1;
    connect = { allowPost, proxyProtocol };
  }
  return connect;
}

/** Remembers the name. Where validate_clusters asks for it there must be such a cluster now. */
function checkCluster(message: object, field: string, name: string, build: RouteBuild): void {
  build.clusterNames.add(name);
  if (!build.settings.validateClusters || build.clusters.has(name) || build.config.comingClusters.has(name)) return;
  build.config.error(message, field, 'RMR0405', `There is no cluster '${name}'`);
}

function readWeighted(
  message: WeightedCluster,
  settings: CommonSettings,
  parents: ForwardParents,
  build: RouteBuild,
): RouteChoice {
  const routes = message.clusters.map((entry) => readClusterWeight(entry, settings, parents, build));
  const weights = message.clusters.map(({ weight }) => weight ?? 0);
  const { randomValueSpecifier } = message;
  if (randomValueSpecifier.case === 'useHashPolicy' && randomValueSpecifier.value.value) {
    build.config.error(
      message,
      'use_hash_policy',
      'RMR0306',
      'Weighted clusters by hash policy are not implemented yet',
    );
  }
  const header = randomValueSpecifier.case === 'headerName' ? pinnedName(randomValueSpecifier.value) : null;
  // Keys are of names: an entry that takes its cluster from a header has none to be told by, as in Envoy.
  const prefix = message.runtimeKeyPrefix;
  const keys = message.clusters.map(({ name }) => `${prefix}.${name}`);
  const live = prefix === '' ? null : { runtime: build.runtime, keys };
  return new WeightedRoutes(routes, weights, header, live);
}

function readClusterWeight(
  message: WeightedCluster_ClusterWeight,
  settings: CommonSettings,
  parents: ForwardParents,
  build: RouteBuild,
): ForwardChoice {
  const { name, clusterHeader } = message;
  if (name !== '') checkCluster(message, 'name', name, build);
  const levels: RuleLevels = { ...parents.levels, weightedCluster: readHeaderRules(message, build.config) };
  const host = message.hostRewriteSpecifier;
  return forwardChoice(
    {
      ...parents.base,
      filterOverrides: readPerFilterConfigs(message.typedPerFilterConfig, parents.filterOverrides, build),
      responseRules: ruleChain(levels, 'response', build),
    },
    {
      ...settings,
      cluster:
        name !== ''
          ? new NamedCluster(build.clusters.handle(name))
          : new HeaderCluster(build.clusters, pinnedName(clusterHeader)),
      metadataMatch: readMetadataMatch(message, settings.metadataMatch),
      clusterHostRewrite: host.case === 'hostRewriteLiteral' ? new LiteralHostRewrite(host.value) : null,
      requestRules: ruleChain(levels, 'request', build),
    },
  );
}
