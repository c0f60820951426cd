// Owns the operators that read metadata: what filters left on the stream, and what configuration says of route, cluster
// and endpoint.
import type { MetadataMap, StreamInfo } from '../../../stream-info.ts';
import { FormatError } from '../error.ts';
import { needsParameters, type OperatorFactory, type OperatorTable, ValueOperator } from '../operator.ts';

type NamespaceReader = (info: StreamInfo, namespace: string) => Readonly<Record<string, unknown>> | undefined;

const fromMap = (read: (info: StreamInfo) => MetadataMap | null | undefined): NamespaceReader => {
  return (info, namespace) => {
    const map = read(info);
    return map !== null && map !== undefined && Object.hasOwn(map, namespace) ? map[namespace] : undefined;
  };
};

const dynamic: NamespaceReader = (info, namespace) => info.dynamicMetadata?.get(namespace);
const upstreamHost = fromMap((info) => info.upstream?.host?.metadata);
const cluster = fromMap((info) => info.clusterMetadata);
const route = fromMap((info) => info.routeMetadata);
const virtualHost = fromMap((info) => info.virtualHostMetadata);
const listener = fromMap((info) => info.connection.listenerMetadata);
const filterChain = fromMap((info) => info.connection.filterChainMetadata);

/** The value under a path of keys; undefined where the path leaves the structure. */
export function dig(value: unknown, keys: readonly string[]): unknown {
  let current = value;
  for (const key of keys) {
    if (typeof current !== 'object' || current === null || Array.isArray(current)) return undefined;
    if (!Object.hasOwn(current, key)) return undefined;
    current = (current as Readonly<Record<string, unknown>>)[key];
  }
  return current;
}

/** `NAMESPACE:KEY:KEY…` */
function metadata(read: NamespaceReader): OperatorFactory {
  return (call) => {
    const [namespace = '', ...keys] = needsParameters(call, 'a namespace (NAMESPACE:KEY:…)').split(':');
    return new ValueOperator(({ streamInfo }) => dig(read(streamInfo, namespace), keys), call.maxLength);
  };
}

const sources: Readonly<Record<string, NamespaceReader>> = {
  DYNAMIC: dynamic,
  UPSTREAM_HOST: upstreamHost,
  CLUSTER: cluster,
  ROUTE: route,
  VIRTUAL_HOST: virtualHost,
  LISTENER: listener,
  LISTENER_FILTER_CHAIN: filterChain,
};

/** `METADATA(SOURCE:NAMESPACE:KEY…)` */
const anyMetadata: OperatorFactory = (call, options) => {
  const [source = '', ...rest] = call.parameters.split(':');
  const read = sources[source];
  if (read === undefined) {
    const known = Object.keys(sources).join(', ');
    throw new FormatError(`the source '${source}' of METADATA is none of ${known}`, call.position);
  }
  // As Envoy: without a namespace there is no value.
  return metadata(read)({ ...call, parameters: rest.join(':') || ':' }, options);
};

export const metadataOperators: OperatorTable = {
  DYNAMIC_METADATA: metadata(dynamic),
  UPSTREAM_METADATA: metadata(upstreamHost),
  CLUSTER_METADATA: metadata(cluster),
  METADATA: anyMetadata,
};
