// Owns what a cluster says of HTTP: the HttpProtocolOptions extension, or the older fields of the cluster itself.
import { durationMs } from '../base/duration.ts';
import type { ConfigContext } from '../config/context.ts';
import type { Cluster, Cluster_ClusterProtocolSelection } from '../generated/envoy/config/cluster/v3/cluster_pb.d.ts';
import type {
  HttpProtocolOptions as CommonOptions,
  Http1ProtocolOptions,
  Http2ProtocolOptions,
  UpstreamHttpProtocolOptions,
} from '../generated/envoy/config/core/v3/protocol_pb.d.ts';
import type { HttpProtocolOptions } from '../generated/envoy/extensions/upstreams/http/v3/http_protocol_options_pb.d.ts';
import { defaultHttp1Settings, type Http1Settings } from '../http/codec/api.ts';
import type { Http2Settings } from '../http/codec/h2/api.ts';
import { readHttp2Settings } from '../http/codec/h2/settings-config.ts';
import { readHeaderKeyFormat } from '../http/codec/header-key-format-config.ts';
import { pinnedName } from '../http/headers/api.ts';
import type { ExpectedNames } from './api.ts';
import type { ClusterConfig, UpstreamHttpConfig } from './cluster-config.ts';

const extensionName = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';
const USE_DOWNSTREAM_PROTOCOL: Cluster_ClusterProtocolSelection = 1;
const defaultIdleTimeoutMs = 3_600_000;
/** More than the 60 that requests may have. */
const defaultMaxResponseHeadersKb = 80;

/** Undefined where the older fields count. */
export function readHttpOptions(cluster: Cluster, context: ConfigContext): HttpProtocolOptions | undefined {
  const any = cluster.typedExtensionProtocolOptions[extensionName];
  return any === undefined ? undefined : context.unpackAs<HttpProtocolOptions>(any, extensionName);
}

/** `options`: what `readHttpOptions` gave. `expectsNames`: see `ClusterTypeFactory`. */
export function httpConfig(
  cluster: Cluster,
  options: HttpProtocolOptions | undefined,
  expectsNames: boolean,
  context: ConfigContext,
): UpstreamHttpConfig {
  const spoken = options === undefined ? fromCluster(cluster, context) : fromOptions(options, context);
  const common = options === undefined ? cluster.commonHttpProtocolOptions : options.commonHttpProtocolOptions;
  const names = (options ?? cluster).upstreamHttpProtocolOptions;
  const unsaid = options === undefined && names === undefined;
  return {
    protocol: spoken.protocol,
    http1: http1Settings(common, spoken.http1, context),
    http2: http2Settings(common, spoken.http2, context),
    maxRequestsPerConnection: common?.maxRequestsPerConnection ?? cluster.maxRequestsPerConnection ?? 0,
    idleTimeoutMs: durationMs(common?.idleTimeout, defaultIdleTimeoutMs),
    maxConnectionDurationMs: durationMs(common?.maxConnectionDuration, 0),
    maxStreamDurationMs: durationMs(common?.maxStreamDuration, 0),
    expectedNames: expectsNames && unsaid ? allNames : expectedNames(names),
  };
}

/** A host that is to choose by ALPN must be asked over TLS. */
export function checkNegotiation(
  { http, transport, transportMatches }: Pick<ClusterConfig, 'http' | 'transport' | 'transportMatches'>,
  options: HttpProtocolOptions | undefined,
  context: ConfigContext,
): void {
  if (http.protocol !== 'alpn' || options === undefined) return;
  const deaf = transportMatches.find((match) => match.transport?.negotiates !== true);
  if (transport?.negotiates === true && deaf === undefined) return;
  const where = transport?.negotiates === true ? `the transport socket match '${deaf?.name}'` : 'its transport socket';
  const text = `auto_config lets hosts choose the protocol by ALPN, which ${where} has not: it needs TLS`;
  context.error(options, 'auto_config', 'RMR0400', text);
}

/** What a cluster speaks, and the messages that say how. */
interface Spoken {
  readonly protocol: UpstreamHttpConfig['protocol'];
  readonly http1: Http1ProtocolOptions | undefined;
  readonly http2: Http2ProtocolOptions | undefined;
}

/** By the older fields. */
function fromCluster(cluster: Cluster, context: ConfigContext): Spoken {
  const { httpProtocolOptions: http1, http2ProtocolOptions: http2 } = cluster;
  if (cluster.protocolSelection === USE_DOWNSTREAM_PROTOCOL) return { protocol: 'downstream', http1, http2 };
  if (http1 !== undefined && http2 !== undefined) {
    const text =
      'http_protocol_options and http2_protocol_options exclude each other here: which of them is to be spoken?';
    context.error(cluster, 'http2_protocol_options', 'RMR0400', text, 'protocol_selection: USE_DOWNSTREAM_PROTOCOL');
  }
  return { protocol: http2 === undefined ? 'http1' : 'http2', http1, http2 };
}

function fromOptions(options: HttpProtocolOptions, context: ConfigContext): Spoken {
  const { case: kind, value } = options.upstreamProtocolOptions;
  if (kind === 'explicitHttpConfig') {
    const { protocolConfig } = value;
    if (protocolConfig.case === 'http2ProtocolOptions')
      return { protocol: 'http2', http1: undefined, http2: protocolConfig.value };
    if (protocolConfig.case === 'http3ProtocolOptions') refuseHttp3(value, context);
    const http1 = protocolConfig.case === 'httpProtocolOptions' ? protocolConfig.value : undefined;
    return { protocol: 'http1', http1, http2: undefined };
  }
  if (kind === undefined) return { protocol: 'http1', http1: undefined, http2: undefined };
  const { httpProtocolOptions: http1, http2ProtocolOptions: http2 } = value;
  if (kind === 'autoConfig' && value.http3ProtocolOptions !== undefined) refuseHttp3(value, context);
  return { protocol: kind === 'autoConfig' ? 'alpn' : 'downstream', http1, http2 };
}

function refuseHttp3(message: object, context: ConfigContext): void {
  context.error(message, 'http3_protocol_options', 'RMR0306', 'HTTP/3 to upstreams is not implemented');
}

const allNames: ExpectedNames = { serverName: true, subjectAltName: true, header: null };

function expectedNames(options: UpstreamHttpProtocolOptions | undefined): ExpectedNames | null {
  if (options === undefined || !(options.autoSni || options.autoSanValidation)) return null;
  const { autoSni: serverName, autoSanValidation: subjectAltName, overrideAutoSniHeader: header } = options;
  return { serverName, subjectAltName, header: header === '' ? null : pinnedName(header) };
}

function http2Settings(
  common: CommonOptions | undefined,
  http2: Http2ProtocolOptions | undefined,
  context: ConfigContext,
): Http2Settings {
  const maxHeadersKb = common?.maxResponseHeadersKb ?? defaultMaxResponseHeadersKb;
  // As with HTTP/1 below: headers_with_underscores_action is for requests.
  return { ...readHttp2Settings(http2, common, maxHeadersKb, context), headersWithUnderscores: 'allow' };
}

function http1Settings(
  common: CommonOptions | undefined,
  http1: Http1ProtocolOptions | undefined,
  context: ConfigContext,
): Http1Settings {
  return {
    ...defaultHttp1Settings,
    acceptHttp10: http1?.acceptHttp10 ?? defaultHttp1Settings.acceptHttp10,
    allowChunkedLength: http1?.allowChunkedLength ?? defaultHttp1Settings.allowChunkedLength,
    enableTrailers: http1?.enableTrailers ?? defaultHttp1Settings.enableTrailers,
    ...readHeaderKeyFormat(http1, context),
    sendFullyQualifiedUrl: http1?.sendFullyQualifiedUrl ?? defaultHttp1Settings.sendFullyQualifiedUrl,
    allowCustomMethods: http1?.allowCustomMethods ?? defaultHttp1Settings.allowCustomMethods,
    maxHeadersCount: common?.maxHeadersCount ?? defaultHttp1Settings.maxHeadersCount,
    // As Envoy: headers_with_underscores_action is for requests; nothing of it applies to responses.
    maxHeadersBytes: (common?.maxResponseHeadersKb ?? defaultMaxResponseHeadersKb) * 1024,
  };
}
