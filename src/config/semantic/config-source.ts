/** Owns the checks of where dynamic resources come from: the cluster or file must be there, and the node must have a name. */
import { existsSync } from 'node:fs';
import type { ApiConfigSource, ConfigSource } from '../../generated/envoy/config/core/v3/config_source_pb.d.ts';
import type { ConfigContext } from '../context.ts';
import { originOf } from '../origin.ts';
import { ApiType, ApiVersion } from './enums.ts';

export type KnownClusters = {
  /** Static clusters that are not of type EDS: only those can carry xDS. */
  readonly usableForXds: ReadonlySet<string>;
  readonly hasNode: boolean;
};

export function checkConfigSource(source: ConfigSource, known: KnownClusters, context: ConfigContext): void {
  const { configSourceSpecifier: specifier } = source;
  if (!known.hasNode && context.firstTime('node')) {
    const text = 'Dynamic resources need node.id and node.cluster';
    context.error(source, '', 'RMR0902', text, 'set them in the bootstrap or by --service-node and --service-cluster');
  }
  if (specifier.case === 'pathConfigSource') checkPath(specifier.value, 'path', specifier.value.path, context);
  else if (specifier.case === 'path') checkPath(source, 'path', specifier.value, context);
  // A secret may come from a cluster that is not there yet: Envoy waits for it.
  else if (specifier.case === 'apiConfigSource' && originOf(source)?.field !== 'sds_config') {
    checkApiConfigSource(specifier.value, known, context);
  }
}

function checkPath(message: object, field: string, path: string, context: ConfigContext): void {
  if (!existsSync(path)) context.error(message, field, 'RMR0902', `There is no file ${path}`);
}

export function checkApiConfigSource(source: ApiConfigSource, known: KnownClusters, context: ConfigContext): void {
  if (source.transportApiVersion === ApiVersion.V2) {
    context.error(source, 'transport_api_version', 'RMR0902', 'Version 2 of the xDS protocol is gone', 'use V3');
  }
  if (source.clusterNames.length === 0 && source.grpcServices.length === 0) {
    context.error(source, '', 'RMR0902', 'The source names neither a gRPC service nor a cluster');
  }
  const isGrpc = source.apiType !== ApiType.REST && source.apiType !== ApiType.DEPRECATED_AND_UNAVAILABLE_DO_NOT_USE;
  if (isGrpc && source.clusterNames.length > 0) {
    context.error(source, 'cluster_names', 'RMR0902', 'A gRPC source names its cluster under grpc_services');
  }
  if (isGrpc && source.grpcServices.length > 1) {
    context.error(source, 'grpc_services', 'RMR0902', 'A gRPC source can have only one gRPC service');
  }
  if (!isGrpc) {
    for (const [index, name] of source.clusterNames.entries()) {
      checkCluster(source, `cluster_names[${index}]`, name, known, context);
    }
  }
  for (const service of source.grpcServices) {
    if (service.targetSpecifier.case !== 'envoyGrpc') continue;
    const { value } = service.targetSpecifier;
    checkCluster(value, 'cluster_name', value.clusterName, known, context);
  }
}

function checkCluster(
  message: object,
  field: string,
  name: string,
  known: KnownClusters,
  context: ConfigContext,
): void {
  if (known.usableForXds.has(name)) return;
  const text = `xDS needs a cluster of the bootstrap that is not of type EDS, and ${JSON.stringify(name)} is none`;
  context.error(message, field, 'RMR0405', text);
}
