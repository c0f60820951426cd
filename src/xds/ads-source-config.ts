// Turns dynamic_resources.ads_config into what the stream needs.
import type { ConfigContext } from '../config/api.ts';
import type { ApiConfigSource } from '../generated/envoy/config/core/v3/config_source_pb.d.ts';
import { type GrpcTarget, readGrpcService } from '../grpc/api.ts';

/** envoy.config.core.v3.ApiConfigSource.ApiType */
const ApiType = { Grpc: 2, DeltaGrpc: 3, AggregatedGrpc: 5, AggregatedDeltaGrpc: 6 } as const;

export interface AdsConfig {
  readonly target: GrpcTarget;
  /** Responses are changes. */
  readonly delta: boolean;
  readonly nodeOnFirstOnly: boolean;
}

/** Undefined without one, and after an error was reported. What else makes no sense was checked with the bootstrap. */
export function readAdsConfig(message: ApiConfigSource | undefined, context: ConfigContext): AdsConfig | undefined {
  if (message === undefined) return undefined;
  const { apiType, setNodeOnFirstMessageOnly, grpcServices } = message;
  const delta = apiType === ApiType.DeltaGrpc || apiType === ApiType.AggregatedDeltaGrpc;
  if (!delta && apiType !== ApiType.Grpc && apiType !== ApiType.AggregatedGrpc) {
    context.error(message, 'api_type', 'RMR0902', 'aggregated discovery goes over gRPC: GRPC or DELTA_GRPC');
    return undefined;
  }
  const target = readGrpcService(grpcServices[0], message, context);
  return target === undefined ? undefined : { target, delta, nodeOnFirstOnly: setNodeOnFirstMessageOnly };
}
