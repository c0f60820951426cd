// What the upstream layer offers to the router and to whatever calls other services: clusters by handle, hosts,
// load balancing, circuit breakers, connection pools.
import type { Address } from '../base/address.ts';
import type { ClientStream, Protocol, ResponseDecoder } from '../http/codec/api.ts';
import type { NameInfo } from '../http/headers/api.ts';
import type { RequestHeaders } from '../http/headers/header-map.ts';
import type { CloseType, StreamTransportOptions } from '../network/api.ts';
import type { Counter, Gauge, StatsScope } from '../observability/stats/api.ts';
import type {
  DetectedCloseType,
  FilterStateMap,
  StreamInfo,
  TlsConnectionInfo,
  UpstreamHostInfo,
} from '../observability/stream-info.ts';
import type { MetadataMatchCriteria } from './metadata-match.ts';

export {
  criterionText,
  loadBalancingMetadata,
  type MetadataCriterion,
  MetadataMatchCriteria,
  metadataValueText,
  namesText,
} from './metadata-match.ts';
export {
  applicationProtocolsKey,
  FilterStateList,
  FilterStateSource,
  serverNameKey,
  streamTransportOptions,
  subjectAltNamesKey,
  upstreamSourceKey,
} from './stream-transport.ts';

export const Priority = { Default: 0, High: 1 } as const;
export type Priority = (typeof Priority)[keyof typeof Priority];

/** An endpoint of a cluster. One object for as long as the endpoint exists: pools and counts hang on it. */
export interface Host extends UpstreamHostInfo {
  readonly address: Address;
  readonly hostname: string;
  readonly weight: number;
  readonly priority: number;
  readonly locality: Locality;
  readonly canary: boolean;
  /** Endpoint metadata by namespace (filter_metadata). */
  readonly metadata: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly health: HostHealth;
  readonly stats: HostStats;
}

export type HostHealth = 'healthy' | 'degraded' | 'unhealthy';

export interface Locality {
  readonly region: string;
  readonly zone: string;
  readonly subZone: string;
}

/** Per-host numbers shown by /clusters and read by least request. */
export interface HostStats {
  rqActive: number;
  rqTotal: number;
  rqSuccess: number;
  rqError: number;
  rqTimeout: number;
  cxActive: number;
  cxTotal: number;
  cxConnectFail: number;
  /** Requests waiting for a connection to this host. */
  rqPendingActive: number;
}

/** What a load balancer may look at. The router's request implements it; all members are cheap. */
export interface LoadBalancerContext {
  readonly requestHeaders: RequestHeaders | null;
  /** Of the request, or of the connection where there are none; absent where nobody sent it (a copy of a request). */
  readonly streamInfo?: StreamInfo;
  /** Hash for consistent-hash balancers; null when no hash policy applies. */
  hashKey(): bigint | null;
  /** Metadata the chosen host must carry (subset load balancing); null for any. Worked out when read. */
  readonly metadataMatch: MetadataMatchCriteria | null;
  /** A host that was tried already may be refused so that a retry goes elsewhere. */
  shouldSelectAnotherHost(host: Host): boolean;
  /** How often `shouldSelectAnotherHost` is asked before any host will do. */
  readonly hostSelectionAttempts: number;
  /** Null for first attempts, and where the retry policy has no retry_priority. */
  readonly retryPriority: RetryPriority | null;
}

/** Which priorities another attempt of a request should leave alone. */
export interface RetryPriority {
  /** True for each to be left alone, absent ones are not; null: the balancer's own choice. */
  excluded(): readonly boolean[] | null;
  /** No other one has a host to offer: what was tried is forgotten. */
  startOver(): void;
}

/**
 * A name for a cluster that never goes stale: routes hold handles, so that no look-up by name is left on the request
 * path and a cluster may come, change or go at any time.
 */
export interface ClusterHandle {
  readonly name: string;
  /** Null while no such cluster is active (unknown, warming for the first time, removed). */
  readonly cluster: Cluster | null;
}

export interface Cluster {
  readonly info: ClusterInfo;
  readonly stats: ClusterTrafficStats;
  /** `cluster.NAME.`, for what filters count of a cluster: it goes with the cluster. */
  readonly statsScope: StatsScope;
  /** upstream.maintenance_mode.NAME of the runtime: this request, of the share it names, is not for the cluster. */
  inMaintenance(): boolean;
  /** A host by the balancer; null when none may be used. */
  chooseHost(context: LoadBalancerContext): Host | null;
  /**
   * Absent where `chooseHost` says all there is to say. Else asked when that gave none: a string says, as response-code
   * details, why there will be none either; what can be waited for calls back, never before it returns.
   */
  lookUpHost?(context: LoadBalancerContext, callbacks: HostLookupCallbacks): Cancellable | string;
  /** What finds its hosts, for filters that work hand in hand with clusters of their kind. */
  readonly hostSource?: unknown;
  /**
   * Pool of connections to that host for HTTP, for streams with these options. Made when first asked for; null, and
   * counted, when there may be no more pools.
   */
  httpPool(
    host: Host,
    priority: Priority,
    downstreamProtocol: Protocol,
    options?: StreamTransportOptions | null,
  ): HttpPool | null;
  /** The same for plain connections, which `max_connection_pools` does not limit. */
  tcpPool(host: Host, priority: Priority, options?: StreamTransportOptions | null): TcpPool;
  /** For who sends to a host without a pool: `user` is told when the host leaves, or the cluster goes. */
  join(host: Host, user: HostUser): void;
  /** Idempotent. */
  leave(host: Host, user: HostUser): void;
  readonly circuitBreakers: readonly [defaultPriority: CircuitBreaker, highPriority: CircuitBreaker];
}

export interface HostUser {
  /** Once; it need not leave any more. */
  onHostRemoved(): void;
}

export interface HostLookupCallbacks {
  /** Once. Null: there is none, and `details` says why, as response-code details. */
  onHostLookedUp(host: Host | null, details: string): void;
}

export interface ClusterInfo {
  readonly name: string;
  readonly observabilityName: string;
  /** Milliseconds. */
  readonly connectTimeoutMs: number;
  /** Of a request's exchange with a host; 0: none. */
  readonly maxStreamDurationMs: number;
  readonly perConnectionBufferLimitBytes: number;
  readonly maxResponseHeadersBytes: number;
  readonly metadata: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Hosts are told whose connection is forwarded (PROXY protocol). */
  readonly tellsOfClients: boolean;
  /** HTTP connections are shared by the requests of one client connection only. */
  readonly poolPerDownstreamConnection: boolean;
  /** Which names of the request are those of its host; null: none. */
  readonly expectedNames: ExpectedNames | null;
  /** What the router made of the cluster's policies for requests (router/cluster-policies.ts); null for nothing. */
  readonly policies: unknown;
}

/** envoy.config.core.v3.UpstreamHttpProtocolOptions. */
export interface ExpectedNames {
  /** auto_sni. */
  readonly serverName: boolean;
  /** auto_san_validation. */
  readonly subjectAltName: boolean;
  /** Whose value takes the place of the host; null: none. */
  readonly header: NameInfo | null;
}

/**
 * Counters of `cluster.NAME.` (Envoy's names) that the router needs. Pools write upstream_rq_total, upstream_rq_active and
 * the pending ones, rq_total, rq_active and rq_pending_active of the host, and the `requests`, `pendingRequests` and
 * `connections` of the circuit breaker; `recordResponse` counts upstream_rq_completed. The rest is the router's.
 */
export interface ClusterTrafficStats {
  readonly membershipTotal: Gauge;
  readonly membershipHealthy: Gauge;
  readonly membershipDegraded: Gauge;
  readonly upstreamRqTotal: Counter;
  readonly upstreamRqActive: Gauge;
  readonly upstreamRqCompleted: Counter;
  readonly upstreamRqTimeout: Counter;
  readonly upstreamRqMaxDurationReached: Counter;
  readonly upstreamRqPerTryTimeout: Counter;
  readonly upstreamRqRxReset: Counter;
  readonly upstreamRqTxReset: Counter;
  readonly upstreamRqRetry: Counter;
  readonly upstreamRqRetrySuccess: Counter;
  readonly upstreamRqRetryLimitExceeded: Counter;
  readonly upstreamRqRetryOverflow: Counter;
  readonly upstreamRqMaintenanceMode: Counter;
  readonly upstreamRqRetryBackoffExponential: Counter;
  readonly upstreamRqRetryBackoffRatelimited: Counter;
  readonly upstreamInternalRedirectFailedTotal: Counter;
  readonly upstreamInternalRedirectSucceededTotal: Counter;
  readonly upstreamRqPerTryIdleTimeout: Counter;
  /** The body outgrew what may be kept for another attempt. */
  readonly retryOrShadowAbandoned: Counter;
  readonly upstreamRqPendingOverflow: Counter;
  readonly upstreamCxNoneHealthy: Counter;
  readonly upstreamCxOverflow: Counter;
  readonly upstreamCxConnectAttemptsExceeded: Counter;
  readonly upstreamFlowControlPausedReading: Counter;
  readonly upstreamFlowControlResumedReading: Counter;
  readonly upstreamFlowControlBackedUp: Counter;
  readonly upstreamFlowControlDrained: Counter;
  /** `upstream_rq_NNN`, `upstream_rq_Nxx` and, for internal and external requests, their twins; and `upstream_rq_time`. */
  recordResponse(status: number, internalRequest: boolean, canary: boolean, byStatus?: boolean): void;
  /** A response that another attempt takes the place of: under `retry.`. */
  recordRetried(status: number): void;
  recordResponseTime(milliseconds: number, internalRequest: boolean): void;
  /** From this process's zone to the host's. */
  recordZoneResponse(from: string, to: string, status: number): void;
  recordZoneResponseTime(from: string, to: string, milliseconds: number): void;
}

/** One priority's limits. `tryAcquire...` counts; each success needs its release. */
export interface CircuitBreaker {
  readonly connections: ResourceLimit;
  readonly pendingRequests: ResourceLimit;
  readonly requests: ResourceLimit;
  readonly retries: ResourceLimit;
  /** Hosts with connections, or with requests that wait for one. */
  readonly connectionPools: ResourceLimit;
}

export interface ResourceLimit {
  readonly max: number;
  readonly count: number;
  canCreate(): boolean;
  inc(): void;
  dec(): void;
}

// --- HTTP pools ----------------------------------------------------------------------------------------------------

export const PoolFailureReason = {
  /** A circuit breaker or the pending queue is full. */
  Overflow: 0,
  LocalConnectionFailure: 1,
  RemoteConnectionFailure: 2,
  Timeout: 3,
} as const;
export type PoolFailureReason = (typeof PoolFailureReason)[keyof typeof PoolFailureReason];

/** The connection a stream was given, for stream info and the retry rule of DESIGN 4. */
export interface UpstreamConnectionInfo {
  readonly id: number;
  readonly localAddress: Address;
  readonly remoteAddress: Address;
  /** Another request had used it before: a reset before any response byte is the peer's idle close, most likely. */
  readonly reused: boolean;
  /** Null where it carries bytes of no protocol of ours. */
  readonly protocol: Protocol | null;
  /** Bytes handed to the kernel so far: no more than before means that nothing of a stream has left. */
  readonly bytesWritten: number;
  /** Monotonic milliseconds of connect start and end. */
  readonly connectStart: number;
  readonly connectEnd: number;
  readonly transportFailureReason: string;
  /** Null without TLS. */
  readonly tls: TlsConnectionInfo | null;
  /** What the streams it is for share with it; null: nothing. */
  readonly filterState: FilterStateMap | null;
}

export interface PoolFailureCallbacks {
  /** `details` in words: what failed, which limit. `host` is null when the request never got as far as one (a full queue). */
  onPoolFailure(reason: PoolFailureReason, details: string, host: Host | null): void;
}

export interface PoolCallbacks extends PoolFailureCallbacks {
  /** May be called before `newStream` returns. `stream.callbacks` is the caller's to set. */
  onPoolReady(stream: ClientStream, host: Host, connection: UpstreamConnectionInfo): void;
}

export interface Cancellable {
  /** Gives up the wait for a connection. */
  cancel(): void;
}

export interface HttpPool {
  /**
   * Null when `callbacks` were called already. `fresh`: on a connection that no other request has used, where one can be
   * had (a replay, DESIGN 4).
   */
  newStream(decoder: ResponseDecoder, callbacks: PoolCallbacks, fresh?: boolean): Cancellable | null;
}

// --- TCP pools -----------------------------------------------------------------------------------------------------

/** A plain connection to a host, lent to one user; both directions may end on their own (half-close). */
export interface TcpConnection extends UpstreamConnectionInfo {
  /** The caller's to set when it gets the connection. */
  user: TcpConnectionUser | null;
  /** Borrowed `data`. `endStream`: nothing more will be written; the other direction goes on. */
  write(data: Buffer, endStream: boolean): void;
  /** Counts. */
  readDisable(disable: boolean): void;
  /** Both directions have ended: it is the pool's again. */
  release(): void;
  /** Ends both directions at once; the user is not told. */
  abandon(): void;
  /** Ends both directions; the user is told when it is over. `details` for logs. */
  close(type: CloseType, details?: string): void;
  /** How it ended; for logs. */
  readonly detectedCloseType: DetectedCloseType;
  /** Milliseconds without a byte taken after which `close` stops waiting for the host. */
  setFlushPatience(milliseconds: number): void;
}

export interface TcpConnectionUser {
  /** `data` is borrowed. `endStream`: the host half-closed. */
  onTcpData(data: Buffer, endStream: boolean): void;
  /** The connection has ended, other than by `abandon`. */
  onTcpClosed(): void;
  onAboveWriteBufferHighWatermark(): void;
  onBelowWriteBufferLowWatermark(): void;
}

export interface TcpPoolCallbacks extends PoolFailureCallbacks {
  /** May be called before `newConnection` returns. */
  onTcpPoolReady(connection: TcpConnection, host: Host): void;
}

export interface TcpPool {
  /** Null when `callbacks` were called already. */
  newConnection(callbacks: TcpPoolCallbacks): Cancellable | null;
}

// --- cluster manager -----------------------------------------------------------------------------------------------

export interface ClusterManager {
  /** The handle for a name, made when first asked for; the same object each time. */
  handle(name: string): ClusterHandle;
  /** Clusters that are active, in order of their arrival; for admin and route validation. */
  clusters(): Iterable<Cluster>;
  has(name: string): boolean;
}
