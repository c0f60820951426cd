// Owns what is known of one request (or one L4 connection) while and after it runs: the input of access logs, of
// response-code details and, later, of tracing and policy. Written by whoever learns a fact; nobody derives it twice.
//
// Times are monotonic milliseconds (base/clock.ts), -1 while they have not happened.

import type { Address } from '../base/address.ts';
import { fromByteString } from '../base/byte-string.ts';
import { appendFlag } from './response-flags.ts';
import type { TlsConnectionInfo } from './tls-info.ts';

export type { CertificateInfo, TlsConnectionInfo } from './tls-info.ts';

/** Metadata by namespace (envoy.config.core.v3.Metadata.filter_metadata). */
export type MetadataMap = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** How a connection ended, as far as it has; in Envoy's words, for the log. */
export type DetectedCloseType = 'Normal' | 'LocalReset' | 'RemoteReset';

export interface ConnectionEnd {
  readonly detectedCloseType: DetectedCloseType;
  /** Why we closed it, as one token; empty while we have not. */
  readonly localCloseReason: string;
}

/** Where a host stands; empty names are not known. */
export interface LocalityNames {
  readonly region: string;
  readonly zone: string;
  readonly subZone: string;
}

/** The upstream host of the last attempt, as far as the log needs it. */
export interface UpstreamHostInfo {
  readonly address: Address;
  readonly hostname: string;
  readonly clusterName: string;
  /** Name for stats and logs (`alt_stat_name`), else the cluster's. */
  readonly clusterObservabilityName: string;
  readonly metadata?: MetadataMap;
  readonly locality?: LocalityNames;
}

/** Facts of the upstream side of a request. */
export class UpstreamInfo {
  host: UpstreamHostInfo | null = null;
  localAddress: Address | null = null;
  remoteAddress: Address | null = null;
  connectionId = 0;
  protocol = -1;
  attemptCount = 0;
  /** Words of the transport, e.g. `connection refused`, for %UPSTREAM_TRANSPORT_FAILURE_REASON%. */
  transportFailureReason = '';
  /** Milliseconds from the attempt to its stream, or to the pool's refusal; -1 before. */
  poolReadyDuration = -1;
  connectStart = -1;
  connectEnd = -1;
  firstByteSent = -1;
  lastByteSent = -1;
  firstByteReceived = -1;
  lastByteReceived = -1;
  wireBytesSent = 0;
  wireBytesReceived = 0;
  headerBytesSent = 0;
  headerBytesReceived = 0;
  /** As Envoy counts it: each attempt adds what all so far have received. */
  decompressedHeaderBytesReceived = 0;
  /** Null without TLS. */
  tls: TlsConnectionInfo | null = null;
  /** As `StreamInfo.connectionEnd`. */
  connectionEnd: ConnectionEnd | null = null;
  /** What was shared with the upstream connection. */
  filterState: FilterStateMap | null = null;
}

/** What a request knows of the connection it came on; one object for each connection, shared by its requests. */
export interface DownstreamConnectionInfo {
  readonly id: number;
  readonly localAddress: Address;
  /** Peer of the socket. */
  readonly directRemoteAddress: Address;
  /** The client as a listener filter learned it (PROXY protocol); absent: the peer of the socket. */
  readonly remoteAddress?: Address;
  readonly listenerName: string;
  readonly filterChainName: string;
  /** SNI; empty without TLS. */
  readonly requestedServerName: string;
  /** Fingerprints of the client's ClientHello, as tls_inspector saw it; absent or empty: none. */
  readonly ja3?: string;
  readonly ja4?: string;
  /** Null without TLS, and before the handshake. */
  readonly tls: TlsConnectionInfo | null;
  /** It is for TLS, whether or not the handshake is over. */
  readonly secure?: boolean;
  /** For %CONNECTION_TERMINATION_DETAILS%. */
  terminationDetails: string;
  transportFailureReason: string;
  /** `localAddress` is the destination before a redirection, which ORIGINAL_DST clusters go by; absent: it is not. */
  readonly localAddressRestored?: boolean;
  /** Where the connection really came in; absent where no listener filter changed `localAddress`. */
  readonly directLocalAddress?: Address;
  /** What its requests taught of it, for the listener's log: protocol (absent: none) and response flags. */
  protocol?: number;
  flags?: number;
  /** The connection manager's match_upstream: requests go up with the scheme of the upstream's transport. */
  schemeMatchesUpstream?: boolean;
  readonly listenerMetadata?: MetadataMap | null;
  /** envoy.config.core.v3.TrafficDirection of the listener; absent: unspecified. */
  readonly trafficDirection?: number;
  readonly filterChainMetadata?: MetadataMap | null;
  /** What listener and network filters left; its requests see it as their own. */
  readonly filterState?: FilterStateMap | null;
  /** Of it, what goes along to upstream connections; null or absent: nothing. */
  readonly sharedFilterState?: FilterStateMap | null;
}

/** A connection with facts of its own beside those of its requests: what network filters write and its log shows. */
export interface ConnectionStream extends DownstreamConnectionInfo {
  /** Made when first asked for: most connections never need one. */
  readonly streamInfo: StreamInfo;
}

/** Words that are worked out when they are read. */
export interface Explanation {
  readonly cause: string;
}

/** What a filter leaves under a key for filters, matchers and logs behind it (filter state). */
export interface FilterStateObject {
  /** For PLAIN formats and matchers; undefined: this object has no text. */
  readonly text: string | undefined;
  /** For TYPED formats: a JSON value; undefined: none. */
  readonly json: unknown;
  /** For matchers of addresses: the object is one. */
  readonly address?: Address;
  /** For FIELD formats: a value by its name; undefined: the object has no such field. */
  field?(name: string): string | number | undefined;
  /** Streams that share it with their upstream connections share none where it differs; absent: it makes no difference. */
  readonly connectionKey?: string;
  /** It outlives an internal redirect. */
  readonly ofRequest?: boolean;
}

export type FilterStateMap = ReadonlyMap<string, FilterStateObject>;

/** A text as filter state, as most filters leave it: a byte string. */
export class FilterStateText implements FilterStateObject {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  get json(): unknown {
    return fromByteString(this.text);
  }
}

/** Of a request that no connection brought. */
export const noAddress: Address = { kind: 'internal', listener: '', endpointId: '', text: '' };

export class StreamInfo {
  /** Milliseconds since the epoch. */
  startTimeWall: number;
  startTime: number;
  /** Last byte of the request received. */
  lastDownstreamReceived = -1;
  firstDownstreamSent = -1;
  lastDownstreamSent = -1;
  /** The stream is over (logged). */
  requestComplete = -1;

  readonly connection: DownstreamConnectionInfo;
  /** The client as trusted headers say; the direct peer where nothing else is known. */
  downstreamRemoteAddress: Address;
  protocol = -1;

  /** Body bytes. */
  bytesReceived = 0;
  bytesSent = 0;
  wireBytesReceived = 0;
  wireBytesSent = 0;
  headerBytesReceived = 0;
  headerBytesSent = 0;

  responseFlags = 0;
  /** The same flags in the order they were set, packed (response-flags.ts). */
  flagOrder = 0;
  responseCode = 0;
  /** Stable token such as `via_upstream` or `route_not_found`. */
  responseCodeDetails = '';
  /** The likely cause in words, or who can find it; '' when nothing went wrong. For `cause`. */
  explanation: string | Explanation = '';

  routeName = '';
  virtualHostName = '';
  virtualClusterName = '';
  routeConfigName = '';
  clusterName = '';
  /** `alt_stat_name` of the cluster, where it has one; for requests that never got a host. */
  clusterObservabilityName = '';
  upstream: UpstreamInfo | null = null;
  /** Where a connection itself is logged. As in Envoy, HTTP streams know nothing of the end of theirs. */
  connectionEnd: ConnectionEnd | null = null;
  requestId = '';
  /** Of the trace the request belongs to; empty without tracing. */
  traceId = '';
  spanId = '';
  /** The trace is sampled, for the access log's traceable_filter. */
  traced = false;
  /** The request is a health check, for not_health_check_filter. */
  healthCheck = false;

  routeMetadata: MetadataMap | null = null;
  virtualHostMetadata: MetadataMap | null = null;
  clusterMetadata: MetadataMap | null = null;

  /** What the client spoke, where a filter has changed the request's type: local replies are for the client. Null: its type says. */
  grpcClient: boolean | null = null;

  /** Dynamic metadata by filter namespace; made when first written (`setDynamicMetadata`). */
  dynamicMetadata: Map<string, Readonly<Record<string, unknown>>> | null = null;
  /** Filter state by key; made when first written. */
  filterState: Map<string, FilterStateObject> | null = null;
  /** Of it, what goes along to upstream connections; made when first written. */
  sharedFilterState: Map<string, FilterStateObject> | null = null;
  /** Of the connection that the request came on: no request writes over it. */
  readonly #ofConnection: FilterStateMap | null = null;

  /** Dynamic metadata that is a message of its own type, by namespace; made when first written. */
  typedDynamicMetadata: Map<string, unknown> | null = null;

  /** `itself`: the stream is the connection, not a request on it. */
  constructor(startTime: number, startTimeWall: number, connection: DownstreamConnectionInfo, itself = false) {
    this.startTime = startTime;
    this.startTimeWall = startTimeWall;
    this.connection = connection;
    this.downstreamRemoteAddress = connection.remoteAddress ?? connection.directRemoteAddress;
    const { filterState, sharedFilterState } = connection;
    if (!filterState) return;
    this.filterState = new Map(filterState);
    if (sharedFilterState) this.sharedFilterState = new Map(sharedFilterState);
    if (!itself) this.#ofConnection = filterState;
  }

  /**
   * The likely cause in words, for the log (DESIGN 4): which host, which limit, which policy. May take long to find
   * (the nearest of thousands of domains): ask only for what will be shown.
   */
  get cause(): string {
    if (typeof this.explanation !== 'string') this.explanation = this.explanation.cause;
    return this.explanation;
  }

  /**
   * Adds fields to a namespace; of those it has already the new ones stay. Neither `fields` nor what is there is changed
   * in place, so that a filter may give the same object, of its configuration, to every request.
   */
  setDynamicMetadata(namespace: string, fields: Readonly<Record<string, unknown>>): void {
    this.dynamicMetadata ??= new Map();
    const before = this.dynamicMetadata.get(namespace);
    this.dynamicMetadata.set(namespace, before === undefined ? fields : { ...before, ...fields });
  }

  /** `shared`: it goes along to upstream connections. */
  setFilterState(key: string, value: FilterStateObject, shared = false): void {
    if (this.#ofConnection?.has(key) === true) return;
    this.filterState ??= new Map();
    this.filterState.set(key, value);
    if (shared) {
      this.sharedFilterState ??= new Map();
      this.sharedFilterState.set(key, value);
    } else {
      this.sharedFilterState?.delete(key);
    }
  }

  setFlag(flag: number): void {
    if ((this.responseFlags & flag) !== 0) return;
    this.responseFlags |= flag;
    this.flagOrder = appendFlag(this.flagOrder, flag);
  }

  hasFlag(flag: number): boolean {
    return (this.responseFlags & flag) !== 0;
  }
}
