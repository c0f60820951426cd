// Turns the HttpConnectionManager message into the frozen object of the request path.
// Defaults: https://www.envoyproxy.io/docs/envoy/latest/api-v3/extensions/filters/network/http_connection_manager/v3/http_connection_manager.proto

import type { Message } from '@bufbuild/protobuf';
import { toByteString } from '../../base/byte-string.ts';
import type { CidrRange } from '../../base/cidr.ts';
import { durationMs } from '../../base/duration.ts';
import { RuntimeFlag } from '../../base/runtime.ts';
import type { ConfigContext } from '../../config/api.ts';
import type { Http1ProtocolOptions, HttpProtocolOptions } from '../../generated/envoy/config/core/v3/protocol_pb.d.ts';
import type {
  HttpConnectionManager,
  HttpConnectionManager_CodecType,
  HttpFilter,
} from '../../generated/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.d.ts';
import { readCidr, readStringMatcher, type StringMatcher } from '../../matchers/api.ts';
import { buildAccessLogs } from '../../observability/access-log/api.ts';
import type { StatsScope } from '../../observability/stats/api.ts';
import type { RouteSubscription } from '../../router/api.ts';
import { defaultHttp1Settings, type Http1Settings } from '../codec/api.ts';
import { readHttp2Settings } from '../codec/h2/settings-config.ts';
import { readHeaderKeyFormat } from '../codec/header-key-format-config.ts';
import { type HttpFilterFactory, httpFilterCategory } from '../filter/api.ts';
import type { ConnectionManagerContext } from './api.ts';
import { readClientCert } from './client-cert-config.ts';
import {
  type AccessLogging,
  type ConnectionManagerConfig,
  chainOf,
  type FilterChain,
  type ForwardProto,
  type UpgradeConfig,
} from './config-types.ts';
import { explainKey } from './local-reply.ts';
import { readLocalReplyConfig } from './local-reply-config.ts';
import { RuntimePrematureResets } from './premature-resets.ts';
import type { ProxyStatusSettings } from './proxy-status.ts';
import { readRequestExtensions } from './request-extensions-config.ts';
import { RouteResolutionStats } from './route-resolution.ts';
import { connectionManagerStats } from './stats.ts';

const HTTP1: HttpConnectionManager_CodecType = 1;
const HTTP2: HttpConnectionManager_CodecType = 2;
const HTTP3: HttpConnectionManager_CodecType = 3;

/** With what lives as long as the filter chain: the subscription and the statistics. */
export interface ReadConnectionManager {
  readonly config: ConnectionManagerConfig;
  readonly routes: RouteSubscription;
  /** Without the one within `listenerScope`, which the filter chain closes. */
  readonly scopes: readonly StatsScope[];
}

/** Undefined after errors were reported to `context.config`. */
export function readConnectionManager(
  message: HttpConnectionManager,
  context: ConnectionManagerContext,
): ReadConnectionManager | undefined {
  const { services } = context;
  const errorsBefore = context.config.errorCount;
  const scope = services.stats.scope(`http.${message.statPrefix}.`);
  const filters = readFilters(message.httpFilters, message, 'http_filters', context, scope);
  const codecType = readCodecType(message, context);
  if (message.commonHttpProtocolOptions?.maxResponseHeadersKb !== undefined) {
    const text = 'max_response_headers_kb is for clusters: a listener reads no responses';
    context.config.error(message, 'common_http_protocol_options.max_response_headers_kb', 'RMR0701', text);
  }
  const upgrades = readUpgrades(message, context, scope);
  const routes = readRoutes(message, context);
  const accessLogs = buildAccessLogs(message.accessLog, { config: context.config, settings: services.accessLog });
  const accessLogging = readAccessLogging(message, context);
  const localReplies = readLocalReplyConfig(message.localReplyConfig, context);
  const requestExtensions = readRequestExtensions(message, context);
  const clientCert = readClientCert(message, services, context.config);
  const http2 = readHttp2Settings(
    message.http2ProtocolOptions,
    message.commonHttpProtocolOptions,
    message.maxRequestHeadersKb ?? 60,
    context.config,
  );
  if (routes === undefined || context.config.errorCount > errorsBefore) {
    routes?.release();
    scope.close();
    return undefined;
  }
  const listenerScope = context.listenerScope.scope(`http.${message.statPrefix}.`);
  const codecScope = services.stats.scope('');
  const common = message.commonHttpProtocolOptions;
  const http1 = readHttp1(message.httpProtocolOptions, common, message.maxRequestHeadersKb, context.config);
  const config: ConnectionManagerConfig = {
    statPrefix: message.statPrefix,
    stats: connectionManagerStats(scope, listenerScope, codecScope, scope.scope('tracing.')),
    routes,
    filters,
    upgrades,
    accessLogs,
    accessLogging,
    localReplies,
    explainReplies: new RuntimeFlag(false, explainKey, services.runtime),
    ...requestExtensions,
    http1: { ...http1, refuseHttpsTarget: (message.useRemoteAddress ?? false) && message.xffNumTrustedHops === 0 },
    http1OverTls: http1,
    codecType,
    http2,
    prematureResets: new RuntimePrematureResets(services.runtime),
    ...readTarget(message),
    serverName: message.serverName === '' ? 'envoy' : message.serverName,
    serverHeader:
      (['overwrite', 'append_if_absent', 'pass_through'] as const)[message.serverHeaderTransformation] ?? 'overwrite',
    useRemoteAddress: message.useRemoteAddress ?? false,
    xffNumTrustedHops: message.xffNumTrustedHops,
    skipXffAppend: message.skipXffAppend,
    appendXForwardedPort: message.appendXForwardedPort,
    internalAddresses: readInternalAddresses(message, context),
    clientCert,
    trustUnixSockets: message.internalAddressConfig?.unixSockets ?? false,
    via: message.via,
    forwardProto: readForwardProto(message),
    routeResolutions: message.recordRouteResolutionStats ? new RouteResolutionStats(scope) : null,
    proxyStatus: readProxyStatus(message, services.node.id),
    generateRequestId: message.generateRequestId ?? true,
    preserveExternalRequestId: message.preserveExternalRequestId,
    alwaysSetRequestIdInResponse: message.alwaysSetRequestIdInResponse,
    proxy100Continue: message.proxy100Continue,
    addUserAgent: message.addUserAgent ?? false,
    serviceCluster: services.node.cluster,
    serviceNode: services.node.id,
    localAddress: services.localAddress,
    idleTimeoutMs: durationMs(common?.idleTimeout, 3_600_000),
    streamIdleTimeoutMs: durationMs(message.streamIdleTimeout, 300_000),
    streamFlushTimeoutMs: durationMs(message.streamFlushTimeout, durationMs(message.streamIdleTimeout, 300_000)),
    requestTimeoutMs: durationMs(message.requestTimeout, 0),
    requestHeadersTimeoutMs: durationMs(message.requestHeadersTimeout, 0),
    maxConnectionDurationMs: durationMs(common?.maxConnectionDuration, 0),
    maxConnectionDurationJitter: (common?.maxConnectionDurationJitter?.value ?? 0) / 100,
    safeMaxConnectionDuration: message.http1SafeMaxConnectionDuration,
    maxStreamDurationMs: durationMs(common?.maxStreamDuration, 0),
    drainTimeoutMs: durationMs(message.drainTimeout, 5000),
    drainTimeoutJitter: (message.drainTimeoutJitter?.value ?? 0) / 100,
    delayedCloseTimeoutMs: durationMs(message.delayedCloseTimeout, 1000),
    maxRequestsPerConnection: common?.maxRequestsPerConnection ?? 0,
    streamErrorOnInvalidMessage:
      message.httpProtocolOptions?.overrideStreamErrorOnInvalidHttpMessage ??
      message.streamErrorOnInvalidHttpMessage ??
      false,
    bufferLimit: context.bufferLimit,
  };
  return { config: Object.freeze(config), routes, scopes: [scope, codecScope] };
}

/** access_log_options, or the two deprecated fields in its place. */
function readAccessLogging(message: HttpConnectionManager, { config }: ConnectionManagerContext): AccessLogging {
  const { accessLogOptions: options } = message;
  if (options === undefined) {
    return {
      newRequests: message.flushAccessLogOnNewRequest,
      tunnels: false,
      flushIntervalMs: durationMs(message.accessLogFlushInterval, 0),
    };
  }
  for (const [field, isSet] of [
    ['access_log_flush_interval', message.accessLogFlushInterval !== undefined],
    ['flush_access_log_on_new_request', message.flushAccessLogOnNewRequest],
  ] as const) {
    if (isSet)
      config.error(message, field, 'RMR0702', `${field} and access_log_options exclude each other`, 'keep the latter');
  }
  return {
    newRequests: options.flushAccessLogOnNewRequest,
    tunnels: options.flushLogOnTunnelSuccessfullyEstablished,
    flushIntervalMs: durationMs(options.accessLogFlushInterval, 0),
  };
}

/** AUTO goes by ALPN, or by the first bytes. */
function readCodecType(message: HttpConnectionManager, context: ConnectionManagerContext): 'auto' | 'http1' | 'http2' {
  if (message.codecType === HTTP3)
    context.config.error(message, 'codec_type', 'RMR0306', 'HTTP/3 is not implemented, and nothing else is wanted');
  return message.codecType === HTTP1 ? 'http1' : message.codecType === HTTP2 ? 'http2' : 'auto';
}

function readForwardProto({ forwardProtoConfig: config }: HttpConnectionManager): ForwardProto | null {
  if (config === undefined) return null;
  return { https: new Set(config.httpsDestinationPorts), http: new Set(config.httpDestinationPorts) };
}

function readProxyStatus(
  { proxyStatusConfig: config, serverName }: HttpConnectionManager,
  nodeId: string,
): ProxyStatusSettings | null {
  if (config === undefined) return null;
  const { proxyName } = config;
  let name = toByteString(serverName === '' ? 'envoy' : serverName);
  if (proxyName.case === 'useNodeId' && proxyName.value) name = toByteString(nodeId);
  else if (proxyName.case === 'literalProxyName') name = toByteString(proxyName.value);
  return {
    name,
    details: !config.removeDetails,
    terminationDetails: !config.removeConnectionTerminationDetails,
    flags: !config.removeResponseFlags,
    setsStatus: config.setRecommendedResponseCode,
  };
}

function readTarget(message: HttpConnectionManager) {
  const escapedSlashes =
    (['keep', 'keep', 'reject', 'redirect', 'forward'] as const)[message.pathWithEscapedSlashesAction] ?? 'keep';
  const pathNormalization = {
    normalizePath: message.normalizePath ?? false,
    mergeSlashes: message.mergeSlashes,
    escapedSlashes,
  };
  const stripAnyHostPort = message.stripPortMode.case === 'stripAnyHostPort' && message.stripPortMode.value;
  const { stripMatchingHostPort, stripTrailingHostDot } = message;
  const transformation = message.schemeHeaderTransformation?.transformation;
  const schemeOverwrite = transformation?.case === 'schemeToOverwrite' ? transformation.value : '';
  return {
    pathNormalization,
    changesPath: pathNormalization.normalizePath || pathNormalization.mergeSlashes || escapedSlashes !== 'keep',
    stripAnyHostPort,
    stripMatchingHostPort,
    stripTrailingHostDot,
    changesAuthority: stripAnyHostPort || stripMatchingHostPort || stripTrailingHostDot,
    schemeOverwrite,
    // As Envoy: a scheme that is given counts more.
    schemeMatchesUpstream: schemeOverwrite === '' && (message.schemeHeaderTransformation?.matchUpstream ?? false),
  };
}

function readRoutes(message: HttpConnectionManager, context: ConnectionManagerContext): RouteSubscription | undefined {
  switch (message.routeSpecifier.case) {
    case 'routeConfig':
      return context.routes.inline(message.routeSpecifier.value, context.config);
    case 'rds':
      return context.routes.subscribe(message.routeSpecifier.value, message.statPrefix, context.config);
    case 'scopedRoutes':
      context.config.error(message, 'scoped_routes', 'RMR0304', 'scoped routes are not implemented yet');
      return undefined;
    case undefined:
      return undefined;
  }
}

function readFilters(
  messages: readonly HttpFilter[],
  owner: Message,
  field: string,
  context: ConnectionManagerContext,
  scope: StatsScope,
): FilterChain {
  const filters: HttpFilterFactory[] = [];
  for (const [index, message] of messages.entries()) {
    const any = message.configType.case === 'typedConfig' ? message.configType.value : undefined;
    if (message.configType.case === 'configDiscovery') {
      context.config.error(
        message,
        'config_discovery',
        'RMR0304',
        'filters by extension discovery (ECDS) are not implemented yet',
      );
      continue;
    }
    const config = any === undefined ? undefined : context.config.unpack(any);
    if (config === undefined) continue;
    const factory = context.services.extensions.get(httpFilterCategory, config.$typeName);
    if (factory === undefined) {
      // Said when the message was checked (RMR0307).
      if (message.isOptional) continue;
      context.config.error(
        message,
        'typed_config',
        'RMR0304',
        `the HTTP filter extension ${config.$typeName} is not implemented yet`,
      );
      continue;
    }
    const isLast = index === messages.length - 1;
    if (factory.terminal !== isLast) {
      context.config.error(
        message,
        '',
        'RMR0701',
        factory.terminal
          ? `HTTP filter '${message.name}' must be the last of ${field}: nothing behind it would run`
          : `the last of ${field} must be a terminal filter such as envoy.filters.http.router, not '${message.name}'`,
      );
    }
    const filter = factory.create(config, {
      name: message.name,
      disabled: message.disabled,
      scope,
      services: context.services,
      config: context.config,
    });
    if (filter !== undefined) filters.push(filter);
  }
  // Accepted, as by Envoy, whose requests then wait for the stream idle timeout (504).
  if (messages.length === 0 && field === 'http_filters') {
    const text = 'http_filters is empty: no request will be answered before stream_idle_timeout ends it';
    context.config.warning(owner, field, 'RMR0704', text, 'add envoy.filters.http.router');
  }
  return chainOf(filters);
}

function readUpgrades(
  message: HttpConnectionManager,
  context: ConnectionManagerContext,
  scope: StatsScope,
): Map<string, UpgradeConfig> {
  const upgrades = new Map<string, UpgradeConfig>();
  for (const upgrade of message.upgradeConfigs) {
    const type = upgrade.upgradeType.toLowerCase();
    if (upgrades.has(type)) {
      context.config.error(
        upgrade,
        'upgrade_type',
        'RMR0700',
        `upgrade type '${upgrade.upgradeType}' stands here twice`,
      );
    }
    const filters =
      upgrade.filters.length === 0 ? null : readFilters(upgrade.filters, upgrade, 'filters', context, scope);
    upgrades.set(type, { enabled: upgrade.enabled ?? true, filters });
  }
  return upgrades;
}

function readInternalAddresses(message: HttpConnectionManager, context: ConnectionManagerContext): CidrRange[] {
  const ranges = message.internalAddressConfig?.cidrRanges ?? [];
  return ranges.map((range) => readCidr(range, context.config)).filter((range) => range !== undefined);
}

function readHttp1(
  http1: Http1ProtocolOptions | undefined,
  common: HttpProtocolOptions | undefined,
  maxRequestHeadersKb: number | undefined,
  context: ConfigContext,
): Http1Settings {
  return {
    ...defaultHttp1Settings,
    acceptHttp10: http1?.acceptHttp10 ?? false,
    defaultHostForHttp10: http1?.defaultHostForHttp10 ?? '',
    allowAbsoluteUrl: http1?.allowAbsoluteUrl ?? true,
    allowChunkedLength: http1?.allowChunkedLength ?? false,
    enableTrailers: http1?.enableTrailers ?? false,
    allowCustomMethods: http1?.allowCustomMethods ?? false,
    ...readHeaderKeyFormat(http1, context),
    ignoredUpgrades: readMatchers(http1?.ignoreHttp11Upgrade ?? [], context),
    maxHeadersBytes: (maxRequestHeadersKb ?? 60) * 1024,
    maxHeadersCount: common?.maxHeadersCount ?? 100,
    headersWithUnderscores:
      (['allow', 'reject', 'drop'] as const)[common?.headersWithUnderscoresAction ?? 0] ?? 'allow',
  };
}

function readMatchers(messages: Http1ProtocolOptions['ignoreHttp11Upgrade'], context: ConfigContext): StringMatcher[] {
  return messages.map((message) => readStringMatcher(message, context)).filter((matcher) => matcher !== undefined);
}
