/** Owns what Envoy asks of one route beyond the API's rules. */
import { statSync } from 'node:fs';
import type {
  DirectResponseAction,
  RetryPolicy,
  Route,
  RouteAction,
  RouteAction_RequestMirrorPolicy,
  WeightedCluster,
} from '../../generated/envoy/config/route/v3/route_components_pb.d.ts';
import type { ConfigContext } from '../context.ts';
import { toNanoseconds } from '../validate/duration-rules.ts';
import { checkHeaderMutations } from './header-mutations.ts';

/** `largestBody` is the route configuration's max_direct_response_body_size_bytes. */
export function checkRoute(route: Route, largestBody: number, context: ConfigContext): void {
  checkHeaderMutations(route, context);
  if (route.action.case === 'route') checkRouteAction(route.action.value, context);
  else if (route.action.case === 'directResponse') checkDirectResponse(route.action.value, largestBody, context);
}

function checkRouteAction(action: RouteAction, context: ConfigContext): void {
  const rewrites = [
    action.prefixRewrite !== '' ? 'prefix_rewrite' : '',
    action.regexRewrite !== undefined ? 'regex_rewrite' : '',
    action.pathRewritePolicy !== undefined ? 'path_rewrite_policy' : '',
    action.pathRewrite !== '' ? 'path_rewrite' : '',
  ].filter((name) => name !== '');
  if (rewrites.length > 1) {
    context.error(action, rewrites[1] ?? '', 'RMR0600', `${rewrites.join(' and ')} exclude each other`);
  }
  checkMirrors(action.requestMirrorPolicies, context);
  if (action.clusterSpecifier.case === 'weightedClusters') checkWeights(action.clusterSpecifier.value, context);
  if (action.retryPolicy !== undefined) checkRetryPolicy(action.retryPolicy, context);
  const upgrades = new Set<string>();
  for (const upgrade of action.upgradeConfigs) {
    const name = upgrade.upgradeType.toLowerCase();
    if (upgrades.has(name)) {
      context.error(
        upgrade,
        'upgrade_type',
        'RMR0600',
        `The upgrade ${JSON.stringify(upgrade.upgradeType)} is configured twice`,
      );
    }
    upgrades.add(name);
  }
}

/** At every level: route, virtual host, route configuration. */
export function checkMirrors(policies: readonly RouteAction_RequestMirrorPolicy[], context: ConfigContext): void {
  for (const policy of policies) {
    if (policy.cluster !== '' && policy.clusterHeader !== '') {
      context.error(policy, 'cluster_header', 'RMR0600', 'cluster and cluster_header exclude each other');
    } else if (policy.cluster === '' && policy.clusterHeader === '') {
      context.error(policy, '', 'RMR0600', 'One of cluster, cluster_header must be set');
    }
  }
}

function checkWeights(weighted: WeightedCluster, context: ConfigContext): void {
  let sum = 0;
  let complete = true;
  for (const cluster of weighted.clusters) {
    checkHeaderMutations(cluster, context);
    if (cluster.weight === undefined) {
      context.error(cluster, 'weight', 'RMR0604', 'weight is required');
      complete = false;
    }
    sum += cluster.weight ?? 0;
    if (cluster.name !== '' && cluster.clusterHeader !== '') {
      context.error(cluster, 'cluster_header', 'RMR0604', 'name and cluster_header exclude each other');
    } else if (cluster.name === '' && cluster.clusterHeader === '') {
      context.error(cluster, '', 'RMR0604', 'One of name, cluster_header must be set');
    }
  }
  if (sum > 0xffffffff)
    context.error(weighted, 'clusters', 'RMR0604', `The weights add up to ${sum}, more than 4294967295`);
  else if (sum === 0 && complete) context.error(weighted, 'clusters', 'RMR0604', 'The weights add up to 0');
}

function checkRetryPolicy(policy: RetryPolicy, context: ConfigContext): void {
  const backOff = policy.retryBackOff;
  if (backOff?.baseInterval === undefined || backOff.maxInterval === undefined) return;
  // As Envoy: whole milliseconds, of which there is at least one.
  const milliseconds = (interval: Parameters<typeof toNanoseconds>[0]): bigint => {
    const whole = toNanoseconds(interval) / 1_000_000n;
    return whole < 1n ? 1n : whole;
  };
  if (milliseconds(backOff.maxInterval) >= milliseconds(backOff.baseInterval)) return;
  context.error(backOff, 'max_interval', 'RMR0600', 'max_interval must not be shorter than base_interval');
}

function checkDirectResponse(response: DirectResponseAction, largestBody: number, context: ConfigContext): void {
  const source = response.body?.specifier;
  if (response.body === undefined || source === undefined) return;
  let size: number;
  if (source.case === 'inlineString') size = Buffer.byteLength(source.value);
  else if (source.case === 'inlineBytes') size = source.value.length;
  else if (source.case === 'filename') {
    const file = statSync(source.value, { throwIfNoEntry: false });
    if (file?.isFile() !== true) {
      context.error(response.body, 'filename', 'RMR0600', `There is no file ${source.value}`);
      return;
    }
    size = file.size;
  } else return;
  if (size <= largestBody) return;
  const text = `The body has ${size} bytes and may have ${largestBody}`;
  context.error(
    response,
    'body',
    'RMR0600',
    text,
    'raise max_direct_response_body_size_bytes of the route configuration',
  );
}
