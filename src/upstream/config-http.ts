// Owns what a cluster says of HTTP: the HttpProtocolOptions extension, or the older fields of the cluster itself.
import { durationMs } from '../base/duration.ts';
import type { ConfigContext } from '../config/context.ts';
import type { Cluster } from '../generated/envoy/config/cluster/v3/cluster_pb.d.ts';
import type {
  HttpProtocolOptions as CommonOptions,
  Http1ProtocolOptions,
  UpstreamHttpProtocolOptions,
} from '../generated/envoy/config/core/v3/protocol_pb.d.ts';
import type { HttpProtocolOptions } from '../generated/envoy/extensions/upstreams/http/v3/http_protocol_options_pb.d.ts';
import { defaultHttp1Settings, type Http1Settings, Protocol } from '../http/codec/api.ts';
import { readHeaderKeyFormat } from '../http/codec/header-key-format-config.ts';
import { pinnedName } from '../http/headers/api.ts';
import type { ExpectedNames } from './api.ts';
import type { UpstreamHttpConfig } from './cluster-config.ts';

const extensionName = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';
const defaultIdleTimeoutMs = 3_600_000;
/** More than the 60 that requests may have. */
const defaultMaxResponseHeadersKb = 80;

/** Undefined where the older fields count. */
export function readHttpOptions(cluster: Cluster, context: ConfigContext): HttpProtocolOptions | undefined {
  const any = cluster.typedExtensionProtocolOptions[extensionName];
  if (any !== undefined) return context.unpackAs<HttpProtocolOptions>(any, extensionName);
  if (cluster.http2ProtocolOptions !== undefined) refuseHttp2(cluster, 'http2_protocol_options', context);
  return undefined;
}

/** `options`: what `readHttpOptions` gave. `expectsNames`: see `ClusterTypeFactory`. */
export function httpConfig(
  cluster: Cluster,
  options: HttpProtocolOptions | undefined,
  expectsNames: boolean,
  context: ConfigContext,
): UpstreamHttpConfig {
  const settings =
    options === undefined
      ? settingsOf(cluster, cluster.commonHttpProtocolOptions, cluster.httpProtocolOptions, context)
      : settingsOf(cluster, options.commonHttpProtocolOptions, http1Options(options, context), context);
  const names = (options ?? cluster).upstreamHttpProtocolOptions;
  const unsaid = options === undefined && names === undefined;
  return { ...settings, expectedNames: expectsNames && unsaid ? allNames : expectedNames(names) };
}

const allNames: ExpectedNames = { serverName: true, subjectAltName: true, header: null };

function expectedNames(options: UpstreamHttpProtocolOptions | undefined): ExpectedNames | null {
  if (options === undefined || !(options.autoSni || options.autoSanValidation)) return null;
  const { autoSni: serverName, autoSanValidation: subjectAltName, overrideAutoSniHeader: header } = options;
  return { serverName, subjectAltName, header: header === '' ? null : pinnedName(header) };
}

function http1Options(options: HttpProtocolOptions, context: ConfigContext): Http1ProtocolOptions | undefined {
  const choice = options.upstreamProtocolOptions;
  switch (choice.case) {
    case 'explicitHttpConfig': {
      const protocol = choice.value.protocolConfig;
      if (protocol.case === 'httpProtocolOptions') return protocol.value;
      if (protocol.case === 'http2ProtocolOptions') refuseHttp2(choice.value, 'http2_protocol_options', context);
      if (protocol.case === 'http3ProtocolOptions') {
        context.error(choice.value, 'http3_protocol_options', 'RMR0306', 'HTTP/3 to upstreams is not implemented');
      }
      return undefined;
    }
    // What comes as HTTP/1 goes up as HTTP/1; nothing else comes before downstream HTTP/2 does (issue 6).
    case 'useDownstreamProtocolConfig':
      return choice.value.httpProtocolOptions;
    case 'autoConfig':
      context.error(options, 'auto_config', 'RMR0306', 'Choosing the protocol by ALPN is not implemented yet');
      return undefined;
    default:
      return undefined;
  }
}

function refuseHttp2(message: object, field: string, context: ConfigContext): void {
  context.error(message, field, 'RMR0306', 'HTTP/2 to upstreams is not implemented yet');
}

function settingsOf(
  cluster: Cluster,
  common: CommonOptions | undefined,
  http1: Http1ProtocolOptions | undefined,
  context: ConfigContext,
): Omit<UpstreamHttpConfig, 'expectedNames'> {
  return {
    protocol: Protocol.Http11,
    http1: http1Settings(common, http1, context),
    maxRequestsPerConnection: common?.maxRequestsPerConnection ?? cluster.maxRequestsPerConnection ?? 0,
    idleTimeoutMs: durationMs(common?.idleTimeout, defaultIdleTimeoutMs),
    maxConnectionDurationMs: durationMs(common?.maxConnectionDuration, 0),
    maxStreamDurationMs: durationMs(common?.maxStreamDuration, 0),
  };
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
