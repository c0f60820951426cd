// The connection manager's configuration as the request path reads it: frozen, defaults applied. config.ts makes it.

import type { CidrRange } from '../../base/cidr.ts';
import type { AccessLogger } from '../../observability/access-log/api.ts';
import type { RouteProvider } from '../../router/api.ts';
import type { Http1Settings } from '../codec/api.ts';
import type { Http2Settings } from '../codec/h2/api.ts';
import type { HttpFilterFactory } from '../filter/api.ts';
import { type FilterKey, filterKey } from '../filter/filter-key.ts';
import type { ClientCertSettings } from './client-cert.ts';
import type { LocalReplyRewriter } from './local-reply-rewriter.ts';
import type { PathNormalization } from './path-normalization.ts';
import type { PrematureResetRule } from './premature-resets.ts';
import type { ProxyStatusSettings } from './proxy-status.ts';
import type { EarlyHeaderMutation, OriginalIpDetection } from './request-extensions.ts';
import type { RouteResolutionStats } from './route-resolution.ts';
import type { ConnectionManagerStats } from './stats.ts';

/** One filter chain of the connection manager: the normal one, and one for each upgrade type that names its own. */
export type FilterChain = readonly ChainedFilter[];

export interface ChainedFilter {
  readonly factory: HttpFilterFactory;
  /** By which routes know it. */
  readonly key: FilterKey;
}

export function chainOf(factories: readonly HttpFilterFactory[]): FilterChain {
  return factories.map((factory) => ({ factory, key: filterKey(factory.name) }));
}

export interface UpgradeConfig {
  readonly enabled: boolean;
  /** Null: the connection manager's own. */
  readonly filters: FilterChain | null;
}

/** When lines are written besides the end of a stream (access_log_options). */
export interface AccessLogging {
  readonly newRequests: boolean;
  readonly tunnels: boolean;
  /** 0: never. */
  readonly flushIntervalMs: number;
}

export const logAtEndOnly: AccessLogging = { newRequests: false, tunnels: false, flushIntervalMs: 0 };

/** Ports by which x-forwarded-proto is told (forward_proto_config). */
export interface ForwardProto {
  readonly https: ReadonlySet<number>;
  readonly http: ReadonlySet<number>;
}

export interface ConnectionManagerConfig {
  readonly statPrefix: string;
  readonly stats: ConnectionManagerStats;
  readonly routes: RouteProvider;
  readonly filters: FilterChain;
  /** By upgrade token in lower case. */
  readonly upgrades: ReadonlyMap<string, UpgradeConfig>;
  readonly accessLogs: readonly AccessLogger[];
  readonly accessLogging: AccessLogging;
  /** Null: local replies go out as they are made. */
  readonly localReplies: LocalReplyRewriter | null;
  /** Clients are told the cause of local replies (`explainKey` of the runtime). */
  readonly explainReplies: { readonly value: boolean };
  readonly http1: Http1Settings;
  readonly http1OverTls: Http1Settings;
  readonly codecType: 'auto' | 'http1' | 'http2';
  readonly http2: Http2Settings;
  readonly prematureResets: PrematureResetRule;

  readonly pathNormalization: PathNormalization;
  /** Any of the path settings is on. */
  readonly changesPath: boolean;
  readonly stripAnyHostPort: boolean;
  readonly stripMatchingHostPort: boolean;
  readonly stripTrailingHostDot: boolean;
  readonly changesAuthority: boolean;
  /** scheme_header_transformation: `http`, `https`, or empty for none. */
  readonly schemeOverwrite: string;
  /** The scheme that goes up is the one of the upstream's transport. */
  readonly schemeMatchesUpstream: boolean;
  /** Null: the transport alone says what x-forwarded-proto is. */
  readonly forwardProto: ForwardProto | null;
  /** Null: not recorded. */
  readonly routeResolutions: RouteResolutionStats | null;
  /** Null: none is sent. */
  readonly proxyStatus: ProxyStatusSettings | null;
  readonly serverName: string;
  readonly serverHeader: 'overwrite' | 'append_if_absent' | 'pass_through';
  readonly useRemoteAddress: boolean;
  readonly xffNumTrustedHops: number;
  /** Asked in turn instead of x-forwarded-for, where useRemoteAddress is off. */
  readonly ipDetection: readonly OriginalIpDetection[];
  readonly earlyMutations: readonly EarlyHeaderMutation[];
  readonly skipXffAppend: boolean;
  readonly appendXForwardedPort: boolean;
  readonly internalAddresses: readonly CidrRange[];
  readonly trustUnixSockets: boolean;
  readonly clientCert: ClientCertSettings;
  readonly via: string;
  readonly generateRequestId: boolean;
  readonly preserveExternalRequestId: boolean;
  readonly packsTraceReason: boolean;
  readonly alwaysSetRequestIdInResponse: boolean;
  readonly proxy100Continue: boolean;
  readonly addUserAgent: boolean;
  readonly serviceCluster: string;
  readonly serviceNode: string;
  readonly localAddress: string;

  /** Milliseconds; 0 disables each. */
  readonly idleTimeoutMs: number;
  readonly streamIdleTimeoutMs: number;
  /** HTTP/2: of a response that is over and waits for the client's window. */
  readonly streamFlushTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly requestHeadersTimeoutMs: number;
  readonly maxConnectionDurationMs: number;
  readonly maxStreamDurationMs: number;
  /** Part of maxConnectionDurationMs that is added at most, at random for each connection. */
  readonly maxConnectionDurationJitter: number;
  /** After it an HTTP/1 connection waits for another request, however long, and ends with its response. */
  readonly safeMaxConnectionDuration: boolean;
  readonly drainTimeoutMs: number;
  /** As maxConnectionDurationJitter. */
  readonly drainTimeoutJitter: number;
  readonly delayedCloseTimeoutMs: number;
  /** 0: no limit. */
  readonly maxRequestsPerConnection: number;
  /** A malformed request costs its stream only, where its end is known. */
  readonly streamErrorOnInvalidMessage: boolean;
  /** Bytes a filter may keep of a request or response before 413 or 500. */
  readonly bufferLimit: number;
}
