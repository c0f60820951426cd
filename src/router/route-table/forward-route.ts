// Owns routes that forward to a cluster: which one, with what limits, and what is changed on the way up and down.
import type { RequestHeaders } from '../../http/headers/header-map.ts';
import { Names } from '../../http/headers/name.ts';
import type { StreamInfo } from '../../observability/stream-info.ts';
import type { ClusterHandle, MetadataMatchCriteria, Priority } from '../../upstream/api.ts';
import type {
  ConnectTermination,
  ForwardRoute,
  GrpcTimeoutRule,
  InternalRedirectPolicy,
  MirrorPolicy,
  RequestStats,
  RetryPolicy,
  RouteAlternatives,
  RouteBase,
  RouteMatchContext,
  RouteRateLimits,
  VirtualCluster,
} from '../api.ts';
import type { ClusterSelector } from './cluster-selector.ts';
import type { HeaderRuleChain, HeaderRules } from './header-rules.ts';
import { type HostRewrite, type LiteralHostRewrite, updateAuthority } from './host-rewrite.ts';
import type { PathRewrite } from './path-rewrite.ts';
import { PreparedRouteBase, type RouteBaseSettings } from './route-base.ts';
import type { VirtualClusterTable } from './virtual-clusters.ts';
import type { RouteChoice } from './virtual-host.ts';

/** A route that forwards, or one that makes such routes: a request's own. */
export interface ForwardChoice extends RouteChoice {
  select(context: RouteMatchContext): PreparedForwardRoute;
  readonly retryPolicy: RetryPolicy | null;
  /** Set by whoever chooses among several, where retries may choose again. */
  alternatives: RouteAlternatives | null;
}

/** What a forward route shows as it was configured, and what it needs to change requests. */
export interface ForwardSettings
  extends Omit<
    ForwardRoute,
    keyof RouteBase | 'kind' | 'selectCluster' | 'finalizeRequest' | 'virtualCluster' | 'alternatives' | 'ownStats'
  > {
  readonly cluster: ClusterSelector;
  /** A weighted cluster's own: it comes before the route's and leaves no x-envoy-original-host. */
  readonly clusterHostRewrite: LiteralHostRewrite | null;
  readonly hostRewrite: HostRewrite | null;
  readonly pathRewrite: PathRewrite | null;
  readonly requestRules: HeaderRuleChain;
}

export class PreparedForwardRoute extends PreparedRouteBase implements ForwardRoute, ForwardChoice {
  readonly kind = 'forward';
  readonly clusterNotFoundStatus: number;
  readonly priority: Priority;
  readonly metadataMatch: MetadataMatchCriteria | null;
  readonly timeoutMs: number;
  readonly idleTimeoutMs: number | undefined;
  readonly flushTimeoutMs: number | undefined;
  readonly maxStreamDurationMs: number | undefined;
  readonly usesStreamDuration: boolean;
  readonly grpcTimeoutHeader: GrpcTimeoutRule | null;
  readonly grpcTimeout: GrpcTimeoutRule | null;
  readonly retryPolicy: RetryPolicy | null;
  alternatives: RouteAlternatives | null = null;
  /** What it was made by for one request, else itself. */
  origin: ForwardChoice = this;
  readonly internalRedirects: InternalRedirectPolicy | null;
  readonly mirrors: readonly MirrorPolicy[];
  readonly includeAttemptCountInRequest: boolean;
  readonly includeAttemptCountInResponse: boolean;
  readonly includeTimeoutRetryInRequest: boolean;
  readonly autoHostRewrite: boolean;
  readonly appendForwardedHost: boolean;
  readonly upgrades: ReadonlyMap<string, boolean>;
  readonly connect: ConnectTermination | null;
  readonly rateLimits: RouteRateLimits;
  readonly ownStats: RequestStats | null;
  readonly #cluster: ClusterSelector;
  readonly #clusterHostRewrite: LiteralHostRewrite | null;
  readonly #hostRewrite: HostRewrite | null;
  readonly #pathRewrite: PathRewrite | null;
  readonly #requestRules: HeaderRuleChain;
  readonly #virtualClusters: VirtualClusterTable | null;

  /** `cluster`: the one that was chosen for a request, in place of the settings'. */
  constructor(base: RouteBaseSettings, settings: ForwardSettings, cluster: ClusterSelector = settings.cluster) {
    super(base);
    this.#cluster = cluster;
    this.clusterNotFoundStatus = settings.clusterNotFoundStatus;
    this.priority = settings.priority;
    this.metadataMatch = settings.metadataMatch;
    this.timeoutMs = settings.timeoutMs;
    this.idleTimeoutMs = settings.idleTimeoutMs;
    this.flushTimeoutMs = settings.flushTimeoutMs;
    this.maxStreamDurationMs = settings.maxStreamDurationMs;
    this.usesStreamDuration = settings.usesStreamDuration;
    this.grpcTimeoutHeader = settings.grpcTimeoutHeader;
    this.grpcTimeout = settings.grpcTimeout;
    this.retryPolicy = settings.retryPolicy;
    this.internalRedirects = settings.internalRedirects;
    this.mirrors = settings.mirrors;
    this.includeAttemptCountInRequest = settings.includeAttemptCountInRequest;
    this.includeAttemptCountInResponse = settings.includeAttemptCountInResponse;
    this.includeTimeoutRetryInRequest = settings.includeTimeoutRetryInRequest;
    this.autoHostRewrite = settings.autoHostRewrite;
    this.appendForwardedHost = settings.appendForwardedHost;
    this.upgrades = settings.upgrades;
    this.connect = settings.connect;
    this.rateLimits = settings.rateLimits;
    this.#clusterHostRewrite = settings.clusterHostRewrite;
    this.#hostRewrite = settings.hostRewrite;
    this.#pathRewrite = settings.pathRewrite;
    this.#requestRules = settings.requestRules;
    this.ownStats = base.ownStats;
    this.#virtualClusters = base.virtualClusters;
  }

  select(): PreparedForwardRoute {
    return this;
  }

  selectCluster(context: RouteMatchContext): ClusterHandle {
    return this.#cluster.select(context);
  }

  virtualCluster(headers: RequestHeaders): VirtualCluster | null {
    return this.#virtualClusters === null ? null : this.#virtualClusters.find(headers);
  }

  /** Envoy's order: header rules see the request as it came, then the host changes, then the path. */
  finalizeRequest(headers: RequestHeaders, streamInfo: StreamInfo, suppressEnvoyHeaders = false): void {
    const rules = this.#requestRules;
    for (let i = 0; i < rules.length; i++) (rules[i] as HeaderRules).applyToRequest(headers, streamInfo);
    if (this.#clusterHostRewrite !== null) headers.authority = this.#clusterHostRewrite.host();
    if (this.#hostRewrite !== null) {
      const host = this.#hostRewrite.host(headers, streamInfo);
      if (host !== '') updateAuthority(headers, host, this.appendForwardedHost, !suppressEnvoyHeaders);
    }
    // A filter may have removed the path: then there is nothing to rewrite.
    if (this.#pathRewrite !== null && (headers.path !== '' || headers.method === 'CONNECT')) {
      const path = this.#pathRewrite.rewrite(headers.path, headers, streamInfo);
      if (path !== undefined) {
        if (!suppressEnvoyHeaders) headers.set(Names.xEnvoyOriginalPath, headers.path);
        headers.path = path;
      }
    }
  }
}
