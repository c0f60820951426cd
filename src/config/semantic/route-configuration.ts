/** Owns what Envoy asks of a route configuration beyond the API's rules: names, domains, and that its clusters exist. */

import type { Route, VirtualHost } from '../../generated/envoy/config/route/v3/route_components_pb.d.ts';
import type { RouteConfiguration } from '../../generated/envoy/config/route/v3/route_pb.d.ts';
import type { ConfigContext } from '../context.ts';
import { checkHeaderMutations } from './header-mutations.ts';
import { checkMirrors, checkRoute } from './route.ts';

export function checkRouteConfiguration(configuration: RouteConfiguration, context: ConfigContext): void {
  checkDomains(configuration, context);
  checkHeaderMutations(configuration, context);
  checkMirrors(configuration.requestMirrorPolicies, context);
  const names = new Set<string>();
  const largestBody = configuration.maxDirectResponseBodySizeBytes ?? 4096;
  for (const host of configuration.virtualHosts) {
    if (names.has(host.name)) {
      const text = `Another virtual host is called ${JSON.stringify(host.name)} as well: their statistics are one`;
      context.warning(host, 'name', 'RMR0605', text);
    }
    names.add(host.name);
    if (host.matcher !== undefined && host.routes.length > 0) {
      context.error(host, 'matcher', 'RMR0600', 'matcher and routes exclude each other');
    }
    checkHeaderMutations(host, context);
    checkMirrors(host.requestMirrorPolicies, context);
    for (const route of host.routes) checkRoute(route, largestBody, context);
  }
}

/** Domains are compared in lower case; "*" may stand once. */
function checkDomains(configuration: RouteConfiguration, context: ConfigContext): void {
  const owners = new Map<string, VirtualHost>();
  for (const host of configuration.virtualHosts) {
    for (const [index, domain] of host.domains.entries()) {
      const key = domain.toLowerCase();
      const owner = owners.get(key);
      if (owner === undefined) {
        owners.set(key, host);
        continue;
      }
      const where =
        owner === host ? 'stands twice' : `belongs to the virtual host ${JSON.stringify(owner.name)} already`;
      const text = `The domain ${JSON.stringify(domain)} ${where}`;
      context.error(
        host,
        `domains[${index}]`,
        'RMR0602',
        text,
        domain === '*' ? 'only one virtual host can take the rest' : undefined,
      );
    }
  }
}

/**
 * Checks that every cluster a route names exists. Envoy does so for configurations that stand in the connection manager
 * (unless validate_clusters is false), not for those that come by RDS (unless it is true).
 */
export function checkClusterReferences(
  configuration: RouteConfiguration,
  isKnown: (cluster: string) => boolean,
  context: ConfigContext,
  suggest: (cluster: string) => string | undefined = () => undefined,
): void {
  const check = (message: object, field: string, name: string): void => {
    if (name === '' || isKnown(name)) return;
    const near = suggest(name);
    const suggestion = near === undefined ? undefined : `did you mean ${near}?`;
    context.error(message, field, 'RMR0405', `There is no cluster ${JSON.stringify(name)}`, suggestion);
  };
  for (const policy of configuration.requestMirrorPolicies) check(policy, 'cluster', policy.cluster);
  for (const host of configuration.virtualHosts) {
    for (const policy of host.requestMirrorPolicies) check(policy, 'cluster', policy.cluster);
    for (const route of host.routes) checkRouteClusters(route, check);
  }
}

function checkRouteClusters(route: Route, check: (message: object, field: string, name: string) => void): void {
  if (route.action.case !== 'route') return;
  const action = route.action.value;
  if (action.clusterSpecifier.case === 'cluster') check(action, 'cluster', action.clusterSpecifier.value);
  else if (action.clusterSpecifier.case === 'weightedClusters') {
    for (const cluster of action.clusterSpecifier.value.clusters) check(cluster, 'name', cluster.name);
  }
  for (const policy of action.requestMirrorPolicies) check(policy, 'cluster', policy.cluster);
}
