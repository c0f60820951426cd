// Owns the filter that counts gRPC calls and their messages, for each cluster and where asked for each method.
import { isGrpcContentType } from '../../../../base/grpc-status.ts';
import {
  FilterDataStatus,
  FilterHeadersStatus,
  type FilterStateObject,
  FilterTrailersStatus,
  PassThroughFilter,
} from '../../../../http/filter/api.ts';
import { type HeaderMap, Names, type RequestHeaders, type ResponseHeaders } from '../../../../http/headers/api.ts';
import type { GrpcStatsByCluster, MethodStats } from '../../../common/grpc/method-stats.ts';
import { FrameCounter } from './frame-counter.ts';

export interface GrpcStatsSettings {
  readonly methods: GrpcStatsByCluster;
  readonly emitFilterState: boolean;
  readonly upstreamTime: boolean;
}

const filterStateKey = 'envoy.filters.http.grpc_stats';

/** Messages so far; logs see what it is at the end. */
class MessageCounts implements FilterStateObject {
  readonly request = new FrameCounter();
  readonly response = new FrameCounter();

  get text(): string {
    return `${this.request.count},${this.response.count}`;
  }

  /** As protobuf's JSON has it: 64-bit numbers are strings, zeros are left out. */
  get json(): unknown {
    return {
      ...(this.request.count > 0 && { requestMessageCount: String(this.request.count) }),
      ...(this.response.count > 0 && { responseMessageCount: String(this.response.count) }),
    };
  }
}

export class GrpcStatsFilter extends PassThroughFilter {
  readonly #settings: GrpcStatsSettings;
  readonly #counts = new MessageCounts();
  #grpcRequest = false;
  #grpcResponse = false;
  /** Null where the call is not counted. */
  #stats: MethodStats | null = null;

  constructor(settings: GrpcStatsSettings) {
    super();
    this.#settings = settings;
  }

  override decodeHeaders(headers: RequestHeaders): FilterHeadersStatus {
    this.#grpcRequest = isGrpcContentType(headers.get(Names.contentType));
    if (this.#grpcRequest) this.#stats = this.#settings.methods.ofRequest(headers, this.decoder);
    return FilterHeadersStatus.Continue;
  }

  override decodeData(data: Buffer): FilterDataStatus {
    if (!this.#grpcRequest) return FilterDataStatus.Continue;
    const messages = this.#counts.request.inspect(data);
    if (messages > 0) {
      this.#leaveState();
      this.#stats?.addRequestMessages(messages);
    }
    return FilterDataStatus.Continue;
  }

  override encodeHeaders(headers: ResponseHeaders, endStream: boolean): FilterHeadersStatus {
    this.#grpcResponse = headers.status === 200 && isGrpcContentType(headers.get(Names.contentType));
    if (endStream) this.#ended(headers);
    return FilterHeadersStatus.Continue;
  }

  override encodeData(data: Buffer): FilterDataStatus {
    if (!this.#grpcResponse) return FilterDataStatus.Continue;
    const messages = this.#counts.response.inspect(data);
    if (messages > 0) {
      this.#leaveState();
      this.#stats?.addResponseMessages(messages);
    }
    return FilterDataStatus.Continue;
  }

  override encodeTrailers(trailers: HeaderMap): FilterTrailersStatus {
    this.#ended(trailers);
    return FilterTrailersStatus.Continue;
  }

  /** `fields`: trailers, or the headers of a response that has nothing else. */
  #ended(fields: HeaderMap): void {
    const stats = this.#stats;
    if (stats === null) return;
    const status = fields.get(Names.grpcStatus);
    if (status !== undefined) stats.ended(status);
    const { upstream } = this.decoder.streamInfo;
    if (!this.#settings.upstreamTime || upstream === null || upstream.lastByteSent < 0) return;
    const received = upstream.lastByteReceived < 0 ? this.decoder.clock.monotonic() : upstream.lastByteReceived;
    stats.recordUpstreamTime(Math.max(0, Math.trunc(received - upstream.lastByteSent)));
  }

  #leaveState(): void {
    if (this.#settings.emitFilterState) this.decoder.streamInfo.setFilterState(filterStateKey, this.#counts);
  }
}
