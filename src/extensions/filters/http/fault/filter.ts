// The fault filter of one stream: decides from configuration, request and runtime whether to delay the request, answer it
// with a failure, or slow the response down.
import type { Timer, TimerHandler } from '../../../../base/timers.ts';
import {
  FilterDataStatus,
  FilterHeadersStatus,
  FilterTrailersStatus,
  PassThroughFilter,
} from '../../../../http/filter/api.ts';
import { Names, pinnedName, type RequestHeaders } from '../../../../http/headers/api.ts';
import { allMatch } from '../../../../matchers/api.ts';
import { ResponseFlag } from '../../../../observability/api.ts';
import type { Route } from '../../../../router/api.ts';
import { type PacedOutput, StreamRateLimiter } from '../../../common/rate-limiting/stream-rate-limiter.ts';
import { type FaultAbort, type FaultSettings, parseUnsigned } from './settings.ts';
import type { FaultStats } from './stats.ts';

const delayHeader = pinnedName('x-envoy-fault-delay-request');
const abortHeader = pinnedName('x-envoy-fault-abort-request');
const abortGrpcHeader = pinnedName('x-envoy-fault-abort-grpc-request');
const throughputHeader = pinnedName('x-envoy-fault-throughput-response');

export class FaultFilter extends PassThroughFilter implements TimerHandler, PacedOutput {
  readonly #name: string;
  readonly #stats: FaultStats;
  #settings: FaultSettings;
  /** x-envoy-downstream-service-cluster; '' without. */
  #service = '';
  #active = false;
  #delay: Timer | null = null;
  #limiter: StreamRateLimiter | null = null;

  constructor(name: string, settings: FaultSettings, stats: FaultStats) {
    super();
    this.#name = name;
    this.#settings = settings;
    this.#stats = stats;
  }

  override decodeHeaders(headers: RequestHeaders): FilterHeadersStatus {
    const own = this.decoder.perRouteConfig();
    if (own !== undefined) this.#settings = own as FaultSettings;
    if (!this.#concerns(headers)) return FilterHeadersStatus.Continue;
    this.#service = headers.get(Names.xEnvoyDownstreamServiceCluster) ?? '';
    this.#limitResponse(headers);
    if (this.#startDelay(headers)) return FilterHeadersStatus.StopIteration;
    return this.#abort(headers) ? FilterHeadersStatus.StopIteration : FilterHeadersStatus.Continue;
  }

  override decodeData(): FilterDataStatus {
    return this.#delay === null ? FilterDataStatus.Continue : FilterDataStatus.StopIterationAndWatermark;
  }

  override decodeTrailers(): FilterTrailersStatus {
    return this.#delay === null ? FilterTrailersStatus.Continue : FilterTrailersStatus.StopIteration;
  }

  override encodeData(data: Buffer, endStream: boolean): FilterDataStatus {
    if (this.#limiter === null) return FilterDataStatus.Continue;
    this.#limiter.write(data, endStream);
    return FilterDataStatus.StopIterationNoBuffer;
  }

  override encodeTrailers(): FilterTrailersStatus {
    return this.#limiter?.onTrailers() === true ? FilterTrailersStatus.StopIteration : FilterTrailersStatus.Continue;
  }

  override onDestroy(): void {
    this.#delay?.cancel();
    this.#limiter?.destroy();
    if (this.#active) this.#stats.activeFaults.dec();
    this.#active = false;
  }

  /** The delay is over: delayed requests may still be aborted. */
  onTimer(): void {
    this.#delay = null;
    if (!this.#abort(this.decoder.requestHeaders)) this.decoder.continueDecoding();
  }

  // --- the slowed response -------------------------------------------------------------------------------------------

  write(data: Buffer, endStream: boolean): void {
    this.encoder.injectEncodedData(data, endStream);
  }

  releaseTrailers(): void {
    this.encoder.continueEncoding();
  }

  pauseSource(pause: boolean): void {
    if (pause) this.encoder.onEncoderAboveWriteBufferHighWatermark();
    else this.encoder.onEncoderBelowWriteBufferLowWatermark();
  }

  // --- decisions -----------------------------------------------------------------------------------------------------

  #concerns(headers: RequestHeaders): boolean {
    const { upstreamCluster, downstreamNodes } = this.#settings;
    if (upstreamCluster !== '' && upstreamCluster !== this.#clusterName(headers)) return false;
    if (downstreamNodes !== null) {
      const node = headers.get(Names.xEnvoyDownstreamServiceNode);
      if (node === undefined || !downstreamNodes.has(node)) return false;
    }
    return allMatch(this.#settings.headers, headers);
  }

  #clusterName(headers: RequestHeaders): string {
    const route = this.decoder.route() as Route | null;
    if (route?.kind !== 'forward') return '';
    const { streamInfo, randomValue } = this.decoder;
    return route.selectCluster({ headers, streamInfo, randomValue }).name;
  }

  /** Runtime key of the calling service, `fault.http.SERVICE.NAME`; '' where none is named. */
  #serviceKey(name: string): string {
    return this.#service === '' ? '' : `fault.http.${this.#service}.${name}`;
  }

  /** One active fault for each request, however many it suffers. */
  #tryActivate(): boolean {
    if (this.#active) return true;
    const { runtime, maxActiveFaults, maxActiveFaultsKey } = this.#settings;
    if (this.#stats.activeFaults.value >= runtime.number(maxActiveFaultsKey, maxActiveFaults)) {
      this.#stats.faultsOverflow.inc();
      return false;
    }
    this.#activate();
    return true;
  }

  #activate(): void {
    if (this.#active) return;
    this.#active = true;
    this.#stats.activeFaults.inc();
  }

  #startDelay(headers: RequestHeaders): boolean {
    const { delay, runtime } = this.#settings;
    if (delay === null) return false;
    const { random, timers } = this.decoder;
    if (!delay.share.includes(random.uint32(), headers, this.#serviceKey('delay.fixed_delay_percent'))) return false;
    const asked = delay.fixedMs ?? numberIn(headers, delayHeader);
    if (asked < 0) return false;
    let ms = runtime.number(delay.durationKey, asked);
    if (this.#service !== '') ms = runtime.number(this.#serviceKey('delay.fixed_duration_ms'), ms);
    if (!(ms > 0) || !this.#tryActivate()) return false;
    this.#delay = timers.schedule(ms, this);
    this.#stats.delaysInjected.inc();
    this.#recordForService('delays_injected');
    this.#mark(ResponseFlag.DelayInjected);
    return true;
  }

  #abort(headers: RequestHeaders): boolean {
    const { abort } = this.#settings;
    if (abort === null) return false;
    const { random } = this.decoder;
    if (!abort.share.includes(random.uint32(), headers, this.#serviceKey('abort.abort_percent'))) return false;
    const status = this.#httpStatus(abort, headers);
    const grpcStatus = status >= 0 ? -1 : this.#grpcStatus(abort, headers);
    if ((status < 0 && grpcStatus < 0) || !this.#tryActivate()) return false;
    this.#stats.abortsInjected.inc();
    this.#recordForService('aborts_injected');
    this.#mark(ResponseFlag.FaultInjected);
    this.decoder.sendLocalReply({
      status: status < 0 ? 200 : status,
      body: abort.body,
      ...(grpcStatus < 0 ? {} : { grpcStatus }),
      details: 'fault_filter_abort',
      cause: `HTTP filter '${this.#name}' injects failures (abort)`,
    });
    return true;
  }

  #httpStatus(abort: FaultAbort, headers: RequestHeaders): number {
    const byRequest = abort.httpStatus === null && abort.grpcStatus === null;
    const configured = abort.httpStatus ?? (byRequest ? numberIn(headers, abortHeader) : -1);
    if (!isSendable(configured)) return -1;
    const key = this.#service === '' ? abort.httpStatusKey : this.#serviceKey('abort.http_status');
    const status = this.#settings.runtime.number(key, configured);
    return isSendable(status) ? status : configured;
  }

  #grpcStatus(abort: FaultAbort, headers: RequestHeaders): number {
    const byRequest = abort.httpStatus === null && abort.grpcStatus === null;
    const configured = abort.grpcStatus ?? (byRequest ? numberIn(headers, abortGrpcHeader) : -1);
    if (configured < 0) return -1;
    const key = this.#service === '' ? abort.grpcStatusKey : this.#serviceKey('abort.grpc_status');
    return this.#settings.runtime.number(key, configured);
  }

  #limitResponse(headers: RequestHeaders): void {
    const { rateLimit } = this.#settings;
    if (rateLimit === null || !rateLimit.share.includes(this.decoder.random.uint32(), headers, '')) return;
    const kbps = rateLimit.kbps ?? numberIn(headers, throughputHeader);
    if (kbps <= 0 || !this.#tryActivate()) return;
    this.#stats.responseRateLimitsInjected.inc();
    const { clock, timers } = this.decoder;
    this.#limiter = new StreamRateLimiter(kbps, this.encoder.encoderBufferLimit(), this, clock, timers);
  }

  #recordForService(name: 'aborts_injected' | 'delays_injected'): void {
    if (this.#service !== '' && this.#settings.downstreamClusterStats) this.#stats.countForService(this.#service, name);
  }

  #mark(flag: number): void {
    const { streamInfo } = this.decoder;
    streamInfo.setFlag(flag);
    streamInfo.dynamicMetadata ??= new Map();
    streamInfo.dynamicMetadata.set(this.#name, this.#settings.metadata);
  }
}

/** -1 without the header, or where it is no number. */
function numberIn(headers: RequestHeaders, name: typeof delayHeader): number {
  const text = headers.get(name);
  return text === undefined ? -1 : parseUnsigned(text);
}

/** What is no final status would not be a response. */
function isSendable(status: number): boolean {
  return Number.isInteger(status) && status >= 200 && status < 600;
}
