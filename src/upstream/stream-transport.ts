// Owns what a stream asks of its upstream connection by the filter state on it: server name, names of the certificate,
// protocols, PROXY header, and what is shared. Most streams ask nothing.
// Source: https://www.envoyproxy.io/docs/envoy/latest/configuration/advanced/well_known_filter_state
import { fromByteString } from '../base/byte-string.ts';
import type { ProxiedConnection, StreamTransportOptions, UpstreamSource } from '../network/api.ts';
import type { FilterStateMap, FilterStateObject, StreamInfo } from '../observability/stream-info.ts';

export const serverNameKey = 'envoy.network.upstream_server_name';
export const subjectAltNamesKey = 'envoy.network.upstream_subject_alt_names';
export const applicationProtocolsKey = 'envoy.network.application_protocols';
export const proxyProtocolKey = 'envoy.network.proxy_protocol_options';
export const upstreamSourceKey = 'remora.upstream_source';

/** Texts as filter state, such as names of a certificate. */
export class FilterStateList implements FilterStateObject {
  readonly values: readonly string[];
  readonly #shown: boolean;

  /** `shown`: it has a text. */
  constructor(values: readonly string[], shown: boolean) {
    this.values = values;
    this.#shown = shown;
  }

  get text(): string | undefined {
    return this.#shown ? this.values.join(',') : undefined;
  }

  get json(): unknown {
    return undefined;
  }
}

/** The address that upstream connections come from (original_src). No well-known key: in Envoy it is a socket option. */
export class FilterStateSource implements FilterStateObject {
  readonly text = undefined;
  readonly json = undefined;
  readonly source: UpstreamSource;

  constructor(source: UpstreamSource) {
    this.source = source;
  }
}

/**
 * Null: nothing. `proxied`: where filter state has no PROXY header. `ofConnection`: its downstream connection shares no
 * upstream connection with others (connection_pool_per_downstream_connection).
 */
export function streamTransportOptions(
  streamInfo: StreamInfo,
  proxied: ProxiedConnection | null = null,
  ofConnection = false,
): StreamTransportOptions | null {
  const state = streamInfo.filterState;
  if (state === null && proxied === null && !ofConnection) return null;
  const serverName = fromByteString(state?.get(serverNameKey)?.text ?? '');
  const subjectAltNames = listOf(state?.get(subjectAltNamesKey));
  const applicationProtocols = listOf(state?.get(applicationProtocolsKey));
  const told = state?.get(proxyProtocolKey) as Partial<ProxiedConnection> | undefined;
  const from = state?.get(upstreamSourceKey);
  const source = from instanceof FilterStateSource ? from.source : null;
  const shared = streamInfo.sharedFilterState;
  const nothing = serverName === '' && subjectAltNames.length + applicationProtocols.length + (shared?.size ?? 0) === 0;
  if (nothing && told === undefined && source === null && proxied === null && !ofConnection) return null;
  const asked = nothing ? '' : keyOf(serverName, subjectAltNames, applicationProtocols, shared);
  const key = source === null ? asked : `${source.key} ${asked}`;
  return {
    key: ofConnection ? `${streamInfo.connection.id} ${key}` : key,
    serverName,
    subjectAltNames,
    applicationProtocols,
    // What is set later on the stream is no business of a connection that outlives it.
    filterState: shared === null || shared.size === 0 ? null : new Map(shared),
    proxied: told === undefined ? proxied : proxiedBy(told, proxied),
    source,
  };
}

/** Key of the connections that carry nobody else's streams, where a PROXY header says whose they are. */
export function proxiedKey({ source, destination, values }: ProxiedConnection): string {
  const told = values.map(({ type, value }) => `${type}=${value.toString('latin1')}`);
  return JSON.stringify([source.text, destination.text, ...told]);
}

function proxiedBy(told: Partial<ProxiedConnection>, proxied: ProxiedConnection | null): ProxiedConnection | null {
  const source = told.source ?? proxied?.source;
  const destination = told.destination ?? proxied?.destination;
  if (source === undefined || destination === undefined) return null;
  return { source, destination, values: told.values ?? [] };
}

function listOf(object: FilterStateObject | undefined): readonly string[] {
  return object instanceof FilterStateList ? object.values.map(fromByteString) : [];
}

function keyOf(
  serverName: string,
  subjectAltNames: readonly string[],
  applicationProtocols: readonly string[],
  shared: FilterStateMap | null,
): string {
  const objects: [key: string, value: string][] = [];
  for (const [key, { connectionKey }] of shared ?? [])
    if (connectionKey !== undefined) objects.push([key, connectionKey]);
  // In whatever order they were set.
  objects.sort(([a], [b]) => (a < b ? -1 : 1));
  // DNS names are the same in whatever case.
  const names = [serverName, ...subjectAltNames].map((name) => (name.includes(':') ? name : name.toLowerCase()));
  const empty = serverName === '' && subjectAltNames.length + applicationProtocols.length + objects.length === 0;
  return empty ? '' : JSON.stringify([names, applicationProtocols, objects]);
}
