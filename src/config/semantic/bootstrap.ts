/** Owns the checks of a bootstrap as a whole: names that must be unique, and names that must mean something. */
import type { Bootstrap } from '../../generated/envoy/config/bootstrap/v3/bootstrap_pb.d.ts';
import type { Cluster } from '../../generated/envoy/config/cluster/v3/cluster_pb.d.ts';
import type { Listener } from '../../generated/envoy/config/listener/v3/listener_pb.d.ts';
import type { ConfigContext } from '../context.ts';
import { nearest } from '../diagnostics/suggest.ts';
import { checkIpAddress } from './address.ts';
import { checkApiConfigSource, checkConfigSource, type KnownClusters } from './config-source.ts';
import { DiscoveryType } from './enums.ts';
import { checkClusterReferences } from './route-configuration.ts';
import { checkStatsTags } from './stats-tags.ts';

export function checkBootstrap(bootstrap: Bootstrap, context: ConfigContext): void {
  const clusters = bootstrap.staticResources?.clusters ?? [];
  const names = new Set(clusters.map((cluster) => cluster.name));
  checkClusterNames(clusters, context);
  checkListeners(bootstrap.staticResources?.listeners ?? [], context);
  checkSecrets(bootstrap, context);
  checkRuntime(bootstrap, context);
  checkStatsTags(bootstrap, context);
  const local = bootstrap.clusterManager?.localClusterName ?? '';
  if (bootstrap.clusterManager !== undefined && local !== '' && !names.has(local)) {
    context.error(
      bootstrap.clusterManager,
      'local_cluster_name',
      'RMR0405',
      `There is no cluster ${JSON.stringify(local)}`,
    );
  }
  const admin = bootstrap.admin?.address?.address;
  if (admin?.case === 'socketAddress') checkIpAddress(admin.value, 'address', admin.value.address, 'RMR0901', context);

  const suggest = (name: string): string | undefined => nearest(name, names);
  for (const configuration of context.inlineRouteConfigurations.splice(0)) {
    checkClusterReferences(configuration, (name) => names.has(name), context, suggest);
  }
  checkSources(bootstrap, clusters, context);
}

function checkClusterNames(clusters: readonly Cluster[], context: ConfigContext): void {
  const names = new Set<string>();
  for (const cluster of clusters) {
    if (names.has(cluster.name)) {
      context.error(cluster, 'name', 'RMR0401', `Another cluster is called ${JSON.stringify(cluster.name)} as well`);
    }
    names.add(cluster.name);
  }
}

/** Two listeners may not bind one address; a second one of the same name replaces the first, as an update would. */
function checkListeners(listeners: readonly Listener[], context: ConfigContext): void {
  const names = new Map<string, Listener>();
  const addresses = new Map<string, Listener>();
  for (const listener of listeners) {
    if (listener.name !== '' && names.has(listener.name)) {
      const text = `Another listener is called ${JSON.stringify(listener.name)} as well; this last one takes its place`;
      context.warning(listener, 'name', 'RMR0506', text);
      continue;
    }
    names.set(listener.name, listener);
    const address = listener.address?.address;
    if (address?.case !== 'socketAddress' || address.value.portSpecifier.case !== 'portValue') continue;
    const { address: ip, protocol, portSpecifier } = address.value;
    if (portSpecifier.value === 0) continue;
    const key = `${protocol} ${ip} ${portSpecifier.value}`;
    const other = addresses.get(key);
    if (other !== undefined) {
      const text = `${ip}:${portSpecifier.value} is the address of the listener ${JSON.stringify(other.name)} already`;
      context.error(listener, 'address', 'RMR0501', text);
    }
    addresses.set(key, listener);
  }
}

function checkSecrets(bootstrap: Bootstrap, context: ConfigContext): void {
  const names = new Set<string>();
  for (const secret of bootstrap.staticResources?.secrets ?? []) {
    if (secret.type.case === undefined) {
      context.error(secret, '', 'RMR0801', 'The secret holds nothing');
      continue;
    }
    // Each kind of secret has names of its own.
    const key = `${secret.type.case} ${secret.name}`;
    if (names.has(key))
      context.error(secret, 'name', 'RMR0801', `Another secret is called ${JSON.stringify(secret.name)} as well`);
    names.add(key);
  }
}

function checkRuntime(bootstrap: Bootstrap, context: ConfigContext): void {
  const names = new Set<string>();
  let adminLayers = 0;
  for (const layer of bootstrap.layeredRuntime?.layers ?? []) {
    if (names.has(layer.name))
      context.error(layer, 'name', 'RMR0900', `Another layer is called ${JSON.stringify(layer.name)} as well`);
    names.add(layer.name);
    if (layer.layerSpecifier.case === 'adminLayer' && ++adminLayers === 2) {
      context.error(layer, 'admin_layer', 'RMR0900', 'There can be only one admin layer');
    }
  }
}

function checkSources(bootstrap: Bootstrap, clusters: readonly Cluster[], context: ConfigContext): void {
  const isEds = (cluster: Cluster): boolean =>
    cluster.clusterDiscoveryType.case === 'type' && cluster.clusterDiscoveryType.value === DiscoveryType.EDS;
  const known: KnownClusters = {
    usableForXds: new Set(clusters.filter((cluster) => !isEds(cluster)).map((cluster) => cluster.name)),
    hasNode: (bootstrap.node?.id ?? '') !== '' && (bootstrap.node?.cluster ?? '') !== '',
  };
  const dynamic = bootstrap.dynamicResources;
  if (dynamic?.adsConfig !== undefined) checkApiConfigSource(dynamic.adsConfig, known, context);
  const sources = [dynamic?.ldsConfig, dynamic?.cdsConfig, ...context.configSources.splice(0)];
  for (const source of new Set(sources)) {
    if (source !== undefined) checkConfigSource(source, known, context);
  }
}
