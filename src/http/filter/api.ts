// The HTTP filter interface: what a filter is, what it may answer, what it may ask of the stream it sits in.
// Semantics are Envoy's: https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/http/http_filters
import type { Message } from '@bufbuild/protobuf';
import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import type { Runtime } from '../../base/runtime.ts';
import type { Timers } from '../../base/timers.ts';
import type { ConfigContext } from '../../config/api.ts';
import { type ExtensionCategory, type ExtensionRegistry, extensionCategory } from '../../config/extension-registry.ts';
import type { Connection } from '../../network/api.ts';
import type { StatsScope } from '../../observability/stats/api.ts';
import type { Explanation, StreamInfo } from '../../observability/stream-info.ts';
import type { ClusterManager } from '../../upstream/api.ts';
import type { ProcessServices } from '../../upstream/services.ts';
import type { ResetReason } from '../codec/api.ts';
import type { HeaderMap, RequestHeaders, ResponseHeaders } from '../headers/header-map.ts';

export const FilterHeadersStatus = {
  /** The next filter sees the headers. */
  Continue: 0,
  /** Headers stop here; body data still reaches this filter. It must call `continueDecoding`/`continueEncoding`, send a local reply, or answer Continue to a later data or trailers call. */
  StopIteration: 1,
  /** Headers and all that follows stop here and are buffered up to the limit, then 413 (request) or 500 (response). Only `continue...` or a local reply goes on. */
  StopAllIterationAndBuffer: 2,
  /** As above, but at the limit the source is paused instead of failed. */
  StopAllIterationAndWatermark: 3,
} as const;
export type FilterHeadersStatus = (typeof FilterHeadersStatus)[keyof typeof FilterHeadersStatus];

export const FilterDataStatus = {
  /** Next filter; if headers had been stopped here, they go first, then what was buffered. */
  Continue: 0,
  /** Keep the bytes in the stream's buffer for later; beyond the limit 413 / 500. */
  StopIterationAndBuffer: 1,
  /** Keep the bytes; beyond the limit pause the source. */
  StopIterationAndWatermark: 2,
  /** The filter keeps what it needs itself. */
  StopIterationNoBuffer: 3,
} as const;
export type FilterDataStatus = (typeof FilterDataStatus)[keyof typeof FilterDataStatus];

export const FilterTrailersStatus = { Continue: 0, StopIteration: 1 } as const;
export type FilterTrailersStatus = (typeof FilterTrailersStatus)[keyof typeof FilterTrailersStatus];

/** What `sendLocalReply` needs. Body is text/plain unless `headers` says otherwise. */
export interface LocalReply {
  readonly status: number;
  readonly body: string;
  /** For gRPC clients; absent: the one that goes with `status`. */
  readonly grpcStatus?: number;
  /** The body is a byte string, not text: it goes out as it is. */
  readonly bodyIsBytes?: boolean;
  /** Response-code details token (Envoy's contract). */
  readonly details: string;
  /** In words, for the log: the likely cause, or who can find it when it is to be shown. */
  readonly cause?: string | Explanation;
  /** Changes the response headers before they go out. */
  readonly modifyHeaders?: (headers: ResponseHeaders) => void;
}

/** What both directions may ask for. One object serves a whole stream. */
export interface StreamFilterCallbacks {
  readonly streamInfo: StreamInfo;
  readonly connection: Connection;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  /** Null in an answer to a request whose head was refused: the encoder filters see it, the decoder filters never ran. */
  readonly requestHeaders: RequestHeaders | null;
  /** The request's last byte has arrived. */
  readonly requestComplete: boolean;
  /** Null before the response's headers arrived. */
  readonly responseHeaders: ResponseHeaders | null;
  /** The matched route (router/api.ts `Route`), matched when first asked for; null when none matches. */
  route(): unknown;
  /** Why `route()` is null, in words, naming the nearest miss (DESIGN 4). */
  explainNoRoute(): string | Explanation;
  /** Uniform in [0, 2^32), the same for the whole request. */
  readonly randomValue: number;
  /** Forget the match, so that changed headers are matched again. */
  clearRouteCache(): void;
  /** Most specific typed_per_filter_config of this filter: route, then virtual host, then route configuration; undefined without one. */
  perRouteConfig(): unknown;
  /** The same of every level that has one, the most general first: for filters that lay the levels over each other. */
  perRouteConfigs(): readonly unknown[];
  /** Answers in place of upstream. The encoder filters still see it. Before response headers only; later it resets the stream. */
  sendLocalReply(reply: LocalReply): void;
  resetStream(reason: ResetReason): void;
}

export interface DecoderFilterCallbacks extends StreamFilterCallbacks {
  readonly requestHeaders: RequestHeaders;
  continueDecoding(): void;
  /** Body bytes kept so far by StopIterationAndBuffer; null without. */
  decodingBuffer(): Buffer | null;
  /** Puts bytes in front of the filters behind this one. */
  injectDecodedData(data: Buffer, endStream: boolean): void;
  /** Ends the request with trailers for the filters behind this one, which has taken the end of the body and got none. */
  injectDecodedTrailers(trailers: HeaderMap): void;
  decoderBufferLimit(): number;
  setDecoderBufferLimit(bytes: number): void;
  /** Holds back, or lets come, the downstream's body (counts). */
  onDecoderAboveWriteBufferHighWatermark(): void;
  onDecoderBelowWriteBufferLowWatermark(): void;
  /** Told when the downstream's output piles up or clears, so that the upstream can be held back. */
  addDownstreamWatermarkCallbacks(callbacks: DownstreamWatermarkCallbacks): void;
  /** The response, from upstream or made by this filter; runs through the encoder filters. */
  encode1xxHeaders(headers: ResponseHeaders): void;
  encodeHeaders(headers: ResponseHeaders, endStream: boolean, details: string): void;
  encodeData(data: Buffer, endStream: boolean): void;
  encodeTrailers(trailers: HeaderMap): void;
  /**
   * Ends the stream, logged with `response`, and sends its request, whose headers were changed, through a new chain with
   * `body`. The request must be complete. This filter is destroyed when it returns.
   */
  recreateStream(response: ResponseHeaders, body: Buffer | null): void;
}

export interface EncoderFilterCallbacks extends StreamFilterCallbacks {
  continueEncoding(): void;
  encodingBuffer(): Buffer | null;
  /** Puts bytes in the place of those kept so far, also where none were: they go on when this filter lets go. */
  replaceEncodingBuffer(data: Buffer): void;
  injectEncodedData(data: Buffer, endStream: boolean): void;
  /** The same for the response. */
  injectEncodedTrailers(trailers: HeaderMap): void;
  encoderBufferLimit(): number;
  setEncoderBufferLimit(bytes: number): void;
  /** Holds back, or lets come, the response's body (counts). */
  onEncoderAboveWriteBufferHighWatermark(): void;
  onEncoderBelowWriteBufferLowWatermark(): void;
}

export interface DownstreamWatermarkCallbacks {
  onAboveWriteBufferHighWatermark(): void;
  onBelowWriteBufferLowWatermark(): void;
}

/** Sees the request. `data` is borrowed. */
export interface DecoderFilter {
  setDecoderCallbacks(callbacks: DecoderFilterCallbacks): void;
  decodeHeaders(headers: RequestHeaders, endStream: boolean): FilterHeadersStatus;
  decodeData(data: Buffer, endStream: boolean): FilterDataStatus;
  decodeTrailers(trailers: HeaderMap): FilterTrailersStatus;
  /** Last call, always: cancel what is outstanding; no callbacks may be used afterwards. */
  onDestroy(): void;
}

/** Sees the response, in reverse order of the chain. */
export interface EncoderFilter {
  setEncoderCallbacks(callbacks: EncoderFilterCallbacks): void;
  /** Anything but Continue drops the informational response. */
  encode1xxHeaders(headers: ResponseHeaders): FilterHeadersStatus;
  encodeHeaders(headers: ResponseHeaders, endStream: boolean): FilterHeadersStatus;
  encodeData(data: Buffer, endStream: boolean): FilterDataStatus;
  encodeTrailers(trailers: HeaderMap): FilterTrailersStatus;
  onDestroy(): void;
}

/** Keeps its callbacks and lets everything by: what a filter of the request does not care for it leaves out. */
export abstract class PassThroughDecoder implements DecoderFilter {
  protected decoder!: DecoderFilterCallbacks;

  setDecoderCallbacks(callbacks: DecoderFilterCallbacks): void {
    this.decoder = callbacks;
  }
  decodeHeaders(_headers: RequestHeaders, _endStream: boolean): FilterHeadersStatus {
    return FilterHeadersStatus.Continue;
  }
  decodeData(_data: Buffer, _endStream: boolean): FilterDataStatus {
    return FilterDataStatus.Continue;
  }
  decodeTrailers(_trailers: HeaderMap): FilterTrailersStatus {
    return FilterTrailersStatus.Continue;
  }
  onDestroy(): void {}
}

/** The same for a filter of both directions. */
export abstract class PassThroughFilter extends PassThroughDecoder implements EncoderFilter {
  protected encoder!: EncoderFilterCallbacks;

  setEncoderCallbacks(callbacks: EncoderFilterCallbacks): void {
    this.encoder = callbacks;
  }
  encode1xxHeaders(_headers: ResponseHeaders): FilterHeadersStatus {
    return FilterHeadersStatus.Continue;
  }
  encodeHeaders(_headers: ResponseHeaders, _endStream: boolean): FilterHeadersStatus {
    return FilterHeadersStatus.Continue;
  }
  encodeData(_data: Buffer, _endStream: boolean): FilterDataStatus {
    return FilterDataStatus.Continue;
  }
  encodeTrailers(_trailers: HeaderMap): FilterTrailersStatus {
    return FilterTrailersStatus.Continue;
  }
}

/** The filters one factory adds for one stream. A filter of both directions is the same object twice. */
export interface FilterPair {
  readonly decoder: DecoderFilter | null;
  readonly encoder: EncoderFilter | null;
}

/** Made once for each filter of a connection manager's configuration. */
export interface HttpFilterFactory {
  /** Name in the configuration: key of typed_per_filter_config and in logs. */
  readonly name: string;
  readonly terminal: boolean;
  /** `disabled: true` in the configuration: runs only where a route's config enables it. */
  readonly disabledByDefault: boolean;
  createFilters(): FilterPair;
}

// --- making filters ------------------------------------------------------------------------------------------------

/** What a filter's configuration may use while it is built, and its filters afterwards. */
export interface HttpFilterContext {
  /** Name in the configuration. */
  readonly name: string;
  readonly disabled: boolean;
  /** `http.PREFIX.` of the connection manager. */
  readonly scope: StatsScope;
  readonly services: ProcessServices;
  /** For errors with positions. */
  readonly config: ConfigContext;
}

/** What configuration for routes may use. */
export interface RouteFilterContext {
  readonly clusters: ClusterManager;
  readonly runtime: Runtime;
  readonly clock: Clock;
  /** Root of all statistics: a route does not know its connection managers. */
  readonly stats: StatsScope;
  readonly extensions: ExtensionRegistry;
  /** This process's own cluster (node.cluster). */
  readonly sourceCluster: string;
  /** cluster_manager.local_cluster_name: whose members are this process and its like; empty for none. */
  readonly localCluster: string;
}

/** An HTTP filter extension. */
export interface HttpFilterConfigFactory {
  readonly terminal: boolean;
  /** Undefined after an error was reported to `context.config`. */
  create(message: Message, context: HttpFilterContext): HttpFilterFactory | undefined;
  /** typed_per_filter_config: what `perRouteConfig()` will give. Absent: the filter takes none. */
  readRouteConfig?(message: Message, config: ConfigContext, context: RouteFilterContext): unknown;
}

export const httpFilterCategory: ExtensionCategory<HttpFilterConfigFactory> =
  extensionCategory<HttpFilterConfigFactory>('envoy.filters.http');

export {
  type CertificateInfo,
  type FilterStateObject,
  FilterStateText,
  type StreamInfo,
} from '../../observability/stream-info.ts';
export type { ProcessServices } from '../../upstream/services.ts';
