/** Owns what Envoy asks of an HTTP connection manager beyond the API's rules. */
import type { HttpConnectionManager } from '../../generated/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.d.ts';
import type { ConfigContext } from '../context.ts';
import { checkRange } from './address.ts';
import { isProtected } from './header-mutations.ts';
import { checkHttpFilters } from './terminal-filters.ts';

export function checkConnectionManager(manager: HttpConnectionManager, context: ConfigContext): void {
  checkHttpFilters(manager.httpFilters, context);
  const upgrades = new Set<string>();
  for (const upgrade of manager.upgradeConfigs) {
    if (upgrade.filters.length > 0) checkHttpFilters(upgrade.filters, context);
    const name = upgrade.upgradeType.toLowerCase();
    if (upgrades.has(name)) {
      context.error(
        upgrade,
        'upgrade_type',
        'RMR0701',
        `The upgrade ${JSON.stringify(upgrade.upgradeType)} is configured twice`,
      );
    }
    upgrades.add(name);
  }
  const { stripPortMode } = manager;
  if (manager.stripMatchingHostPort && stripPortMode.case === 'stripAnyHostPort' && stripPortMode.value) {
    const text = 'strip_matching_host_port and strip_any_host_port exclude each other';
    context.error(manager, 'strip_any_host_port', 'RMR0701', text);
  }
  for (const { headersToAdd } of manager.localReplyConfig?.mappers ?? []) {
    for (const { header } of headersToAdd) {
      if (header === undefined || !isProtected(header.key)) continue;
      const text = `${JSON.stringify(header.key)} may not be changed by a local reply: neither pseudo-headers nor host`;
      context.error(header, 'key', 'RMR0701', text);
    }
  }
  for (const range of manager.internalAddressConfig?.cidrRanges ?? []) checkRange(range, context);
  const { routeSpecifier } = manager;
  if (routeSpecifier.case === 'routeConfig' && routeSpecifier.value.validateClusters !== false) {
    // Clusters are known once the whole bootstrap has been read, or to the cluster manager at run time.
    context.inlineRouteConfigurations.push(routeSpecifier.value);
  }
}
