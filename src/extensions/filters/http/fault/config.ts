// Reads envoy.extensions.filters.http.fault.v3.HTTPFault, of the chain and of routes.
import type { Message } from '@bufbuild/protobuf';
import { toByteString } from '../../../../base/byte-string.ts';
import { durationMs } from '../../../../base/duration.ts';
import type { Runtime } from '../../../../base/runtime.ts';
import type { ConfigContext } from '../../../../config/api.ts';
import type { HTTPFault } from '../../../../generated/envoy/extensions/filters/http/fault/v3/fault_pb.d.ts';
import type { FractionalPercent } from '../../../../generated/envoy/type/v3/percent_pb.d.ts';
import type { FilterPair, HttpFilterConfigFactory, HttpFilterFactory } from '../../../../http/filter/api.ts';
import { type NameInfo, pinnedName } from '../../../../http/headers/api.ts';
import { Fraction, readFraction, readHeaderMatcher } from '../../../../matchers/api.ts';
import { FaultFilter } from './filter.ts';
import { type FaultAbort, type FaultDelay, type FaultRateLimit, type FaultSettings, FaultShare } from './settings.ts';
import { FaultStats } from './stats.ts';

const delayPercentage = pinnedName('x-envoy-fault-delay-request-percentage');
const abortPercentage = pinnedName('x-envoy-fault-abort-request-percentage');
const throughputPercentage = pinnedName('x-envoy-fault-throughput-response-percentage');
const never = new Fraction(0, 0);

export const factory: HttpFilterConfigFactory = {
  terminal: false,
  create(message: Message, context): HttpFilterFactory {
    const settings = readSettings(message as HTTPFault, context.config, context.services.runtime);
    const stats = new FaultStats(context.scope);
    return {
      name: context.name,
      terminal: false,
      disabledByDefault: context.disabled,
      createFilters: (): FilterPair => {
        const filter = new FaultFilter(context.name, settings, stats);
        return { decoder: filter, encoder: filter };
      },
    };
  },
  readRouteConfig: (message: Message, config, { runtime }) => readSettings(message as HTTPFault, config, runtime),
};

function readSettings(message: HTTPFault, config: ConfigContext, runtime: Runtime): FaultSettings {
  return {
    delay: readDelay(message, runtime),
    abort: readAbort(message, runtime),
    rateLimit: readRateLimit(message, runtime),
    upstreamCluster: message.upstreamCluster,
    headers: message.headers
      .map((header) => readHeaderMatcher(header, config))
      .filter((matcher) => matcher !== undefined),
    downstreamNodes: message.downstreamNodes.length === 0 ? null : new Set(message.downstreamNodes.map(toByteString)),
    maxActiveFaults: message.maxActiveFaults ?? Number.POSITIVE_INFINITY,
    maxActiveFaultsKey: message.maxActiveFaultsRuntime || 'fault.http.max_active_faults',
    downstreamClusterStats: !message.disableDownstreamClusterStats,
    metadata: message.filterMetadata ?? {},
    runtime,
  };
}

function readShare(
  percentage: FractionalPercent | undefined,
  header: NameInfo | null,
  key: string,
  runtime: Runtime,
): FaultShare {
  return new FaultShare(percentage === undefined ? never : readFraction(percentage), header, key, runtime);
}

function readDelay(message: HTTPFault, runtime: Runtime): FaultDelay | null {
  const { delay } = message;
  if (delay === undefined) return null;
  const { faultDelaySecifier: how } = delay;
  const key = message.delayPercentRuntime || 'fault.http.delay.fixed_delay_percent';
  return {
    share: readShare(delay.percentage, how.case === 'headerDelay' ? delayPercentage : null, key, runtime),
    fixedMs: how.case === 'fixedDelay' ? Math.floor(durationMs(how.value, 0)) : null,
    durationKey: message.delayDurationRuntime || 'fault.http.delay.fixed_duration_ms',
  };
}

function readAbort(message: HTTPFault, runtime: Runtime): FaultAbort | null {
  const { abort } = message;
  if (abort === undefined) return null;
  const { errorType: how } = abort;
  const key = message.abortPercentRuntime || 'fault.http.abort.abort_percent';
  return {
    share: readShare(abort.percentage, how.case === 'headerAbort' ? abortPercentage : null, key, runtime),
    httpStatus: how.case === 'httpStatus' ? how.value : null,
    grpcStatus: how.case === 'grpcStatus' ? how.value : null,
    httpStatusKey: message.abortHttpStatusRuntime || 'fault.http.abort.http_status',
    grpcStatusKey: message.abortGrpcStatusRuntime || 'fault.http.abort.grpc_status',
    body: abort.responseBody || 'fault filter abort',
  };
}

function readRateLimit(message: HTTPFault, runtime: Runtime): FaultRateLimit | null {
  const { responseRateLimit } = message;
  if (responseRateLimit === undefined) return null;
  const { limitType: how } = responseRateLimit;
  const header = how.case === 'headerLimit' ? throughputPercentage : null;
  const key = message.responseRateLimitPercentRuntime || 'fault.http.rate_limit.response_percent';
  return {
    share: readShare(responseRateLimit.percentage, header, key, runtime),
    kbps: how.case === 'fixedLimit' ? Number(how.value.limitKbps) : null,
  };
}
