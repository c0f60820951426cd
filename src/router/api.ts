// What the router layer offers: route tables that match a request, the routes they answer with, the router filter.
import type { ConfigContext } from '../config/api.ts';
import type { FilterKey } from '../http/filter/filter-key.ts';
import type { RequestHeaders, ResponseHeaders } from '../http/headers/header-map.ts';
import type { NameInfo } from '../http/headers/name.ts';
import type { RuntimeFraction } from '../matchers/fraction.ts';
import type { HeaderMatcher } from '../matchers/header-matcher.ts';
import type { ProxyProtocolVersion } from '../network/proxy-protocol-header.ts';
import type { Counter } from '../observability/stats/api.ts';
import type { StreamInfo } from '../observability/stream-info.ts';
import type { ClusterHandle, MetadataMatchCriteria, Priority } from '../upstream/api.ts';
import type { RdsMessage, RouteConfigurationMessage } from './config.ts';
import type { RateLimits } from './rate-limit/descriptor.ts';
import type { InternalRedirectPredicate } from './redirect-predicates.ts';
import type { RetryHostPredicate } from './retry-hosts.ts';
import type { RetryPriorityPolicy } from './retry-priorities.ts';
import type { ClusterSelector } from './route-table/cluster-selector.ts';

/** What a match may look at. */
export interface RouteMatchContext {
  readonly headers: RequestHeaders;
  readonly streamInfo: StreamInfo;
  /** Uniform integer in [0, 2^32), the same for the whole request: runtime fractions and weighted clusters. */
  readonly randomValue: number;
}

/** An immutable, prepared route configuration. */
export interface RouteTable {
  /** RouteConfiguration.name. */
  readonly name: string;
  match(context: RouteMatchContext): RouteMatchResult;
  /** Header names that only this proxy may set (internal_only_headers), removed from external requests. */
  readonly internalOnlyHeaders: readonly NameInfo[];
  /** Names of clusters that routes forward to, each once; for validation and for waiting until they are warm. */
  readonly clusterNames: readonly string[];
  /** Nobody routes by it any more: its statistics go. */
  release(): void;
}

export type RouteMatchResult = Route | NoRoute;

export interface NoRoute {
  readonly kind: 'none';
  /** The one in which no route was found; null where none serves the authority. */
  readonly virtualHost: MissedVirtualHost | null;
  /** Why nothing matched, in words, naming the nearest miss (DESIGN 4). Worked out when read: read it only to show it. */
  readonly cause: string;
}

export interface MissedVirtualHost {
  readonly name: string;
  /** Null without. */
  readonly metadata: RouteBase['metadata'] | null;
}

export type Route = ForwardRoute | RedirectRoute | DirectResponseRoute | NonForwardingRoute;

export interface RouteBase {
  readonly name: string;
  readonly virtualHostName: string;
  readonly routeConfigName: string;
  /** Most specific typed_per_filter_config of a filter: route, virtual host, route configuration. */
  perFilterConfig(filter: FilterKey): unknown;
  /** Of all levels that have one, the most general first. */
  perFilterConfigs(filter: FilterKey): readonly unknown[];
  /** What the CORS filter made of the deprecated fields `cors`, the virtual host's first. */
  readonly deprecatedCorsPolicies: readonly unknown[];
  /** typed_per_filter_config switches the filter off (true) or, by configuring it, on (false); undefined: it says nothing. */
  filterDisabled(filter: FilterKey): boolean | undefined;
  readonly metadata: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly virtualHostMetadata?: Readonly<Record<string, Readonly<Record<string, unknown>>>> | undefined;
  /** Body bytes of the request that may be buffered for filters and retries (per_request_buffer_limit_bytes); undefined: the listener's. */
  readonly requestBufferLimit: number | undefined;
  /** Header rules on the way down. Values may name request headers (`%REQ(..)%`). */
  finalizeResponse(headers: ResponseHeaders, streamInfo: StreamInfo, requestHeaders?: RequestHeaders | null): void;
}

export interface ForwardRoute extends RouteBase {
  readonly kind: 'forward';
  /**
   * The cluster. One that the request names was chosen when the route was matched, as in Envoy: what filters change
   * afterwards changes nothing. A handle whose `cluster` is null answers `clusterNotFoundStatus`.
   */
  selectCluster(context: RouteMatchContext): ClusterHandle;
  readonly clusterNotFoundStatus: number;
  /** By what the request counts in its virtual host; null where that has no virtual clusters. */
  virtualCluster(headers: RequestHeaders): VirtualCluster | null;
  /** What its requests count in by the route's stat_prefix; null without. */
  readonly ownStats: RequestStats | null;
  readonly priority: Priority;
  /** Metadata a host must carry, a weighted cluster's laid over the route's; null: any host will do. */
  readonly metadataMatch: MetadataMatchCriteria | null;
  /** Milliseconds; 0 disables. Default 15,000. */
  readonly timeoutMs: number;
  /** Milliseconds without bytes; 0 disables; undefined: the connection manager's. */
  readonly idleTimeoutMs: number | undefined;
  /** Of a response that is over and waits for the client's window; undefined: the connection manager's. */
  readonly flushTimeoutMs: number | undefined;
  /** undefined: the connection manager's. */
  readonly maxStreamDurationMs: number | undefined;
  /** max_stream_duration is there: `timeoutMs` does not count then, and gRPC requests are told how long they have. */
  readonly usesStreamDuration: boolean;
  /** How grpc-timeout becomes the stream's duration; null: it does not. */
  readonly grpcTimeoutHeader: GrpcTimeoutRule | null;
  /** The same, deprecated, for the route's timeout (max_grpc_timeout). */
  readonly grpcTimeout: GrpcTimeoutRule | null;
  readonly retryPolicy: RetryPolicy | null;
  /** The other clusters of weighted_clusters, for retries that choose again; null without. */
  readonly alternatives: RouteAlternatives | null;
  /** Null: redirects go to the client. */
  readonly internalRedirects: InternalRedirectPolicy | null;
  /** Where copies of its requests go. */
  readonly mirrors: readonly MirrorPolicy[];
  readonly includeAttemptCountInRequest: boolean;
  readonly includeAttemptCountInResponse: boolean;
  /** x-envoy-is-timeout-retry on attempts after the first. */
  readonly includeTimeoutRetryInRequest: boolean;
  /** Once the upstream host is known its hostname becomes the authority: `updateAuthority` (route-table/host-rewrite.ts). */
  readonly autoHostRewrite: boolean;
  /** append_x_forwarded_host: the third argument of `updateAuthority`. */
  readonly appendForwardedHost: boolean;
  /** Per upgrade token in lower case: allowed or not; absent: the connection manager's. */
  readonly upgrades: ReadonlyMap<string, boolean>;
  /** CONNECT ends here: its bytes go to the host as they are. Null: it is passed on. */
  readonly connect: ConnectTermination | null;
  readonly rateLimits: RouteRateLimits;
  /**
   * Header rules, host and path on the way up, in Envoy's order. `suppressEnvoyHeaders` (the router filter's
   * suppress_envoy_headers) leaves out x-envoy-original-path and x-envoy-original-host.
   */
  finalizeRequest(headers: RequestHeaders, streamInfo: StreamInfo, suppressEnvoyHeaders?: boolean): void;
}

/** Routes of which one is chosen by weight. */
export interface RouteAlternatives {
  /** One that is not among `tried`, which is emptied when all are; null where no other has any weight. */
  another(tried: ForwardRoute[], context: RouteMatchContext): ForwardRoute | null;
}

/** rate_limits of a route's action and of its virtual host. */
export interface RouteRateLimits {
  readonly own: RateLimits;
  readonly virtualHost: RateLimits;
  readonly includeVirtualHost: boolean;
}

export interface RedirectRoute extends RouteBase {
  readonly kind: 'redirect';
  readonly status: number;
  /** The Location. */
  /** Empty: the response has none. */
  location(headers: RequestHeaders, streamInfo: StreamInfo): string;
}

export interface DirectResponseRoute extends RouteBase {
  readonly kind: 'direct';
  readonly status: number;
  /** A byte string. */
  body(headers: RequestHeaders, streamInfo: StreamInfo): string;
  /** Empty: text/plain where there is a body. */
  readonly contentType: string;
}

/** It is there to be met by filters (a gRPC-less route for weight or limits), not to forward: the router has no cluster for it. */
export interface NonForwardingRoute extends RouteBase {
  readonly kind: 'non-forwarding';
}

/** What requests count in beside the cluster. */
export interface RequestStats {
  readonly stats: {
    readonly upstreamRqRetry: Counter;
    readonly upstreamRqRetryLimitExceeded: Counter;
    readonly upstreamRqRetryOverflow: Counter;
    readonly upstreamRqRetrySuccess: Counter;
    readonly upstreamRqTimeout: Counter;
    readonly upstreamRqTotal: Counter;
  };
  readonly responses: { record(status: number): void; recordTime(milliseconds: number): void };
}

export interface VirtualCluster extends RequestStats {
  /** For the log; empty for requests that fit none. */
  readonly name: string;
}

export interface RetryPolicy {
  /** Bits of `RetryOn` (retry-on.ts). */
  readonly retryOn: number;
  readonly numRetries: number;
  /** Milliseconds; 0: none of its own. */
  readonly perTryTimeoutMs: number;
  /** Milliseconds an attempt may go without a byte of its response; 0: no limit. */
  readonly perTryIdleTimeoutMs: number;
  readonly retriableStatusCodes: readonly number[];
  readonly retriableHeaders: readonly HeaderMatcher[];
  /** Where there are any, only requests that one of them matches are retried. */
  readonly retriableRequestHeaders: readonly HeaderMatcher[];
  readonly hostPredicates: readonly RetryHostPredicate[];
  /** How often a balancer looks again for a host that no predicate omits. */
  readonly hostSelectionAttempts: number;
  /** Null: retries go by the balancer's priorities. */
  readonly retryPriority: RetryPriorityPolicy | null;
  /** refresh_cluster_on_retry: a retry chooses among weighted clusters again. */
  readonly refreshesCluster: boolean;
  readonly rateLimitedBackOff: RateLimitedBackOff | null;
  /** The policy says how long; else the runtime may. */
  readonly backOffIsOwn?: boolean;
  readonly backOffBaseMs: number;
  readonly backOffMaxMs: number;
}

/** How a CONNECT is ended here. */
export interface ConnectTermination {
  /** A POST may be the tunnel too. */
  readonly allowPost: boolean;
  /** The host learns the client's address first; 0: it does not. */
  readonly proxyProtocol: 0 | ProxyProtocolVersion;
}

/** Which redirects of upstreams are followed in the client's place. */
export interface InternalRedirectPolicy {
  readonly max: number;
  readonly codes: readonly number[];
  /** Each of them must accept where a redirect leads. */
  readonly predicates: readonly InternalRedirectPredicate[];
  readonly allowCrossScheme: boolean;
  readonly responseHeadersToCopy: readonly NameInfo[];
}

/** One copy of each request, or of a share of them. */
export interface MirrorPolicy {
  readonly cluster: ClusterSelector;
  /** Null: all. */
  readonly fraction: RuntimeFraction | null;
  /** `-shadow` behind the host's name. */
  readonly appendSuffix: boolean;
  /** Empty: the request's own host. */
  readonly hostRewrite: string;
  readonly mutations: readonly RequestMutation[];
}

/** Changes a request's headers. */
export interface RequestMutation {
  applyToRequest(headers: RequestHeaders, streamInfo: StreamInfo): void;
}

/** Milliseconds; a maximum of 0 is none. */
export interface GrpcTimeoutRule {
  readonly maxMs: number;
  readonly offsetMs: number;
}

/** A response may say when to come again. */
export interface RateLimitedBackOff {
  readonly maxMs: number;
  /** The first that is there and within `maxMs` counts. */
  readonly headers: readonly { readonly name: NameInfo; readonly isTimestamp: boolean }[];
}

/**
 * Where a connection manager's routes come from: its own configuration, or a file or control plane by name (RDS).
 * `current` is read at each request; null before the first arrived.
 */
export interface RouteProvider {
  readonly current: RouteTable | null;
}

/** Makes the providers; the server composes static tables and subscriptions (RDS) behind it. */
export interface RouteProviders {
  /** Routes written into the connection manager. Undefined after an error was reported. */
  inline(message: RouteConfigurationMessage, context: ConfigContext): RouteSubscription | undefined;
  /** Routes by name from a config source. */
  subscribe(rds: RdsMessage, statPrefix: string, context: ConfigContext): RouteSubscription | undefined;
}

export interface RouteSubscription extends RouteProvider {
  /** Resolves when the first table is there, or the initial fetch timed out. */
  readonly ready: Promise<void>;
  /** One user less; the last one ends the subscription. */
  release(): void;
}

export { readRequestHeaderRules, readResponseHeaderRules } from './config/header-rules.ts';
export { readCoreRetryPolicy } from './config/retry-policy.ts';
export { readUriTemplate } from './config/uri-template.ts';
export { routerFilterFactory } from './filter-factory.ts';
export { OwnRequest } from './own-request.ts';
export {
  type OwnRequestCallbacks,
  type OwnRequestConfig,
  type OwnRequestFailure,
  ownRequestConfig,
} from './own-request-config.ts';
export { type RateLimitServices, readRateLimits } from './rate-limit/config.ts';
export {
  type DescriptorEntry,
  noRateLimits,
  type RateLimit,
  type RateLimitDescriptor,
  type RateLimitRequest,
  type RateLimits,
} from './rate-limit/descriptor.ts';
export { parseRetryOn, RetryOn } from './retry-on.ts';
export { formatForRequest } from './route-table/format-source.ts';
export type { HeaderRules } from './route-table/header-rules.ts';
export { pathLength } from './route-table/request-view.ts';
