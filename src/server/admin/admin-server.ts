// Owns the admin: its listener, its connection manager, its table of endpoints.

import { writeFileSync } from 'node:fs';
import type { Address } from '../../base/address.ts';
import { logger } from '../../base/logger.ts';
import { defaultHttp1Settings } from '../../http/codec/api.ts';
import { defaultHttp2Settings } from '../../http/codec/h2/api.ts';
import { clientCertSanitized } from '../../http/connection-manager/client-cert.ts';
import { type ConnectionManagerConfig, chainOf, logAtEndOnly } from '../../http/connection-manager/config-types.ts';
import { ConnectionManager } from '../../http/connection-manager/connection-manager.ts';
import { DateProvider } from '../../http/connection-manager/date.ts';
import { defaultPrematureResets } from '../../http/connection-manager/premature-resets.ts';
import { connectionManagerStats } from '../../http/connection-manager/stats.ts';
import { ActiveListener } from '../../listener/active-listener.ts';
import { ConnectionLimits, noConnectionLimits } from '../../listener/connection-limits.ts';
import { FilterChain } from '../../listener/filter-chain.ts';
import { FilterChainMatcher } from '../../listener/filter-chain-match.ts';
import type { AccessLogger } from '../../observability/access-log/api.ts';
import type { Server } from '../compose.ts';
import { AdminFilterFactory } from './admin-filter.ts';
import { readAdmin } from './config.ts';
import { dispatcher } from './dispatch.ts';
import { adminEndpoints } from './endpoints/index.ts';

const log = logger('admin');
/** Envoy's. */
const bufferLimit = 1024 * 1024;

/** Binds and serves. Rejects with words when the address cannot be had. */
export async function startAdmin(server: Server, address: Address): Promise<ActiveListener> {
  const { services, options } = server;
  const message = server.bootstrap.message;
  const { allowed, accessLogs } = await readAdmin(message.admin, services);
  const endpoints = adminEndpoints(server);
  const config = adminConnectionManager(server, new AdminFilterFactory(dispatcher(endpoints, allowed)), accessLogs);
  const { clock, timers, timeouts, random, runtime } = services;
  const httpServices = { clock, timers, timeouts, random, runtime, dates: new DateProvider(clock) };
  const drain = { drainClose: () => false };
  const factory = { createFilter: () => new ConnectionManager(config, httpServices, drain) };
  const chain = new FilterChain('admin', message, [factory], { active: false, since: 0 }, null);
  const listener = new ActiveListener(
    {
      name: 'admin',
      addresses: [{ address, ipv4Compat: false, socketOptions: [], tcpKeepalive: null }],
      statPrefix: 'admin',
      scope: services.stats.scope('listener.admin.'),
      direction: 'unspecified',
      bufferLimit,
      backlog: 128,
      reusePort: false,
      bindToPort: true,
      transparent: false,
      listenerFilters: [],
      listenerFilterLimits: { timeoutMs: 0, continueOnTimeout: false },
      useOriginalDestination: false,
      drainType: 'default',
      ignoreGlobalConnectionLimit: message.admin?.ignoreGlobalConnLimit ?? false,
      accessLogs: [],
      metadata: null,
      udp: null,
      chains: [chain],
      built: [chain],
      matcher: new FilterChainMatcher([], 0),
      message,
    },
    services,
    new ConnectionLimits(noConnectionLimits, server.runtime, server.stats),
    server.listeners,
  );
  await listener.bind();
  const bound = listener.localAddresses[0] ?? address.text;
  if (options.adminAddressPath !== '') writeFileSync(options.adminAddressPath, bound);
  log.info(`admin address: ${bound}`);
  return listener;
}

/** As Envoy: the admin server is nobody's proxy. */
const adminHttp1Settings = { ...defaultHttp1Settings, allowAbsoluteUrl: false };

function adminConnectionManager(
  server: Server,
  filter: AdminFilterFactory,
  accessLogs: readonly AccessLogger[],
): ConnectionManagerConfig {
  const { stats, node, localAddress } = server.services;
  return {
    statPrefix: 'admin',
    stats: connectionManagerStats(stats.scope('http.admin.'), stats.scope('listener.admin.http.admin.'), stats, null),
    routes: { current: null },
    filters: chainOf([filter]),
    upgrades: new Map(),
    accessLogs,
    accessLogging: logAtEndOnly,
    localReplies: null,
    explainReplies: { value: false },
    http1: adminHttp1Settings,
    http1OverTls: adminHttp1Settings,
    codecType: 'auto',
    http2: defaultHttp2Settings,
    pathNormalization: { normalizePath: true, mergeSlashes: true, escapedSlashes: 'keep' },
    changesPath: true,
    stripAnyHostPort: false,
    stripMatchingHostPort: false,
    stripTrailingHostDot: false,
    changesAuthority: false,
    schemeOverwrite: '',
    schemeMatchesUpstream: false,
    forwardProto: null,
    routeResolutions: null,
    proxyStatus: null,
    serverName: 'envoy',
    serverHeader: 'overwrite',
    useRemoteAddress: true,
    xffNumTrustedHops: 0,
    ipDetection: [],
    earlyMutations: [],
    packsTraceReason: true,
    skipXffAppend: false,
    appendXForwardedPort: false,
    internalAddresses: [],
    trustUnixSockets: false,
    clientCert: clientCertSanitized,
    via: '',
    generateRequestId: false,
    preserveExternalRequestId: false,
    alwaysSetRequestIdInResponse: false,
    proxy100Continue: false,
    addUserAgent: false,
    serviceCluster: node.cluster,
    serviceNode: node.id,
    localAddress,
    idleTimeoutMs: 3_600_000,
    streamIdleTimeoutMs: 300_000,
    streamFlushTimeoutMs: 0,
    prematureResets: defaultPrematureResets,
    requestTimeoutMs: 0,
    requestHeadersTimeoutMs: 0,
    maxConnectionDurationMs: 0,
    maxConnectionDurationJitter: 0,
    safeMaxConnectionDuration: false,
    maxStreamDurationMs: 0,
    drainTimeoutMs: 100,
    drainTimeoutJitter: 0,
    delayedCloseTimeoutMs: 1000,
    maxRequestsPerConnection: 0,
    streamErrorOnInvalidMessage: false,
    bufferLimit,
  };
}
