// Owns what an upstream's response counts as: in its cluster's statistics, between zones, and for its host.
import { isFaultOfServer, isGrpcContentType } from '../base/grpc-status.ts';
import type { HeaderMap, RequestHeaders, ResponseHeaders } from '../http/headers/header-map.ts';
import { Names } from '../http/headers/name.ts';
import type { RouterConfig } from './config-types.ts';
import type { UpstreamRequest } from './upstream-request.ts';

/**
 * For the host alone. A gRPC call that HTTP takes for a success is one by its grpc-status, which may stand in these
 * headers, where they are all, or in trailers: then the outcome is awaited.
 */
export function countForHost(
  attempt: UpstreamRequest,
  response: ResponseHeaders,
  endStream: boolean,
  request: RequestHeaders,
): void {
  if (response.status >= 500) attempt.host.stats.rqError++;
  else if (!isGrpcContentType(request.get(Names.contentType))) attempt.host.stats.rqSuccess++;
  else if (endStream) countGrpcOutcome(attempt, response);
  else attempt.awaitsGrpcStatus = true;
}

/** `fields`: the trailers; null: the answer ended without them, which gRPC takes for a failure. */
export function countAwaitedOutcome(attempt: UpstreamRequest, fields: HeaderMap | null): void {
  if (!attempt.awaitsGrpcStatus) return;
  attempt.awaitsGrpcStatus = false;
  countGrpcOutcome(attempt, fields);
}

function countGrpcOutcome(attempt: UpstreamRequest, fields: HeaderMap | null): void {
  if (isFaultOfServer(fields?.get(Names.grpcStatus))) attempt.host.stats.rqError++;
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
