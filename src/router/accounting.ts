// Owns what an upstream's response counts as: in its cluster's statistics, between zones, and for its host.
import { isGrpcContentType } from '../base/grpc-status.ts';
import type { RequestHeaders } from '../http/headers/header-map.ts';
import { Names } from '../http/headers/name.ts';
import type { RouterConfig } from './config-types.ts';
import type { UpstreamRequest } from './upstream-request.ts';

/** For the host alone, whether or not another attempt follows. */
export function countForHost(attempt: UpstreamRequest, status: number): void {
  if (status >= 500) attempt.host.stats.rqError++;
  else attempt.host.stats.rqSuccess++;
}

/** Another attempt takes its place: for the host an error, whatever its status. */
export function countRetried(attempt: UpstreamRequest, status: number): void {
  attempt.host.stats.rqError++;
  attempt.cluster.stats.recordRetried(status);
}

/** The response that goes on. */
export function countResponse(
  attempt: UpstreamRequest,
  status: number,
  headers: RequestHeaders,
  config: RouterConfig,
): void {
  const { stats } = attempt.cluster;
  stats.recordResponse(status, headers.has(Names.xEnvoyInternal), attempt.host.canary, countsByStatus(headers, config));
  stats.recordZoneResponse(config.zone, attempt.host.locality.zone, status);
}

/** False where suppress_grpc_request_failure_code_stats leaves the status out. */
export function countsByStatus(headers: RequestHeaders, config: RouterConfig): boolean {
  return !config.suppressGrpcCodeStats || !isGrpcContentType(headers.get(Names.contentType));
}

/** It is complete, `milliseconds` after the request was. */
export function countTime(attempt: UpstreamRequest, milliseconds: number, headers: RequestHeaders, zone: string): void {
  const { stats } = attempt.cluster;
  stats.recordResponseTime(milliseconds, headers.has(Names.xEnvoyInternal));
  stats.recordZoneResponseTime(zone, attempt.host.locality.zone, milliseconds);
}

/** A gRPC response whose outcome its trailers would have told. */
export function awaitsGrpcStatus(attempt: UpstreamRequest, request: RequestHeaders): boolean {
  const { response } = attempt;
  if (response === null || response.status !== 200 || response.has(Names.grpcStatus)) return false;
  return isGrpcContentType(request.get(Names.contentType));
}
