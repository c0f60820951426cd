/**
 * What other units may use of the configuration layer. How it is meant:
 *
 * 1. A source (file, --config-yaml, a DiscoveryResponse file, xDS bytes) becomes a checked protobuf message:
 *    `loadBootstrap`, `loadDiscoveryResponse`, `loadMessage`, `decodeMessage`. Types come from `src/generated/`, as
 *    `import type { Cluster } from '../generated/envoy/config/cluster/v3/cluster_pb.d.ts'`. As protobuf-es has it:
 *    camelCase properties, `{case, value}` for a oneof, bigint for 64-bit numbers, the bare value for UInt32Value & co.
 *    (undefined when absent), a JSON object for Struct.
 * 2. Each unit's `config.ts` turns its message into a frozen plain object. It gets a `ConfigContext` beside the message
 *    and reports what it cannot accept there, by message and field: the context knows file, line and column.
 *
 *        export function readCluster(message: Cluster, context: ConfigContext): ClusterConfig | undefined {
 *          if (…) context.error(message, 'dns_refresh_rate', 'RMR0400', 'dns_refresh_rate must be at least 1 ms');
 *          const tls = context.unpackAs<UpstreamTlsContext>(any, 'envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext');
 *
 *    Codes are those of diagnostics/catalogue.ts; RMR0x00 is each area's general one.
 * 3. Whoever made the context asks `context.failed` and `await context.takeDiagnostics()` at the end.
 *
 * Extensions: `ConfigOptions.knownExtensions` holds the full names of the configuration messages that are implemented.
 */
export { ConfigContext, type ConfigOptions, type UnknownFields } from './context.ts';
export { readDataSource } from './data-source.ts';
export { catalogue, type DiagnosticCode, type Severity } from './diagnostics/catalogue.ts';
export { type Diagnostic, hasErrors, type SourcePosition } from './diagnostics/diagnostic.ts';
export { diagnosticsToJson, formatDiagnostic } from './diagnostics/format.ts';
export { nearest } from './diagnostics/suggest.ts';
export {
  decodeMessage,
  type LoadResult,
  loadBootstrap,
  loadDiscoveryResponse,
  loadMessage,
  validateConfig,
} from './load.ts';
export { descriptorUses, messageDescriptor, registry, releaseDescriptors } from './registry.ts';
export { decodeResources, type PackedBytes, type ReceivedResource } from './resources.ts';
export { loadCelWhereUsed } from './semantic/cel.ts';
export { checkClusterReferences } from './semantic/route-configuration.ts';
export { type ConfigSource, formatOfFile, type SourceFormat } from './source/document.ts';
export { SourceLines } from './source/lines.ts';
export { parseYaml } from './source/parse-yaml.ts';
export { hidePrivateParts } from './source/private-parts.ts';
export { alreadyUnpacked, typeNameOf } from './unpacked.ts';
