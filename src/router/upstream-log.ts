// Owns the upstream log: lines for each attempt, as the attempt saw it, with its own flags and sizes: one at its end and,
// where upstream_log_options ask for them, one when it has its connection and one now and then.
import { contain } from '../base/assert.ts';
import type { Clock } from '../base/clock.ts';
import { type RequestHeaders, ResponseHeaders } from '../http/headers/header-map.ts';
import { type AccessLogger, AccessLogType } from '../observability/access-log/api.ts';
import { type DownstreamConnectionInfo, noAddress, StreamInfo } from '../observability/stream-info.ts';
import type { UpstreamRequest } from './upstream-request.ts';

export interface AttemptLogConfig {
  readonly logs: readonly AccessLogger[];
  /** A line when an attempt has its connection. */
  readonly onConnection: boolean;
  /** Milliseconds between lines of an attempt that lasts; 0: none. */
  readonly flushIntervalMs: number;
}

/** The request that is tried: the client's, or a copy of it. */
export interface LoggedRequest {
  readonly streamInfo: StreamInfo;
  readonly requestHeaders: RequestHeaders;
  readonly clock: Clock;
}

/** `flag`: what ended the attempt, 0 for its response. Once for each attempt. */
export function logAttemptEnd(
  logs: readonly AccessLogger[],
  attempt: UpstreamRequest,
  request: LoggedRequest,
  flag: number,
): void {
  if (logs.length === 0 || attempt.logged) return;
  attempt.logged = true;
  writeLine(logs, attempt, request, AccessLogType.UpstreamEnd, flag);
}

export function logAttemptConnected(
  { logs, onConnection }: AttemptLogConfig,
  attempt: UpstreamRequest,
  request: LoggedRequest,
): void {
  if (onConnection) writeLine(logs, attempt, request, AccessLogType.UpstreamPoolReady, 0);
}

export function logAttemptPeriodically(
  { logs }: AttemptLogConfig,
  attempt: UpstreamRequest,
  request: LoggedRequest,
): void {
  writeLine(logs, attempt, request, AccessLogType.UpstreamPeriodic, 0);
}

/** What goes on is changed: the log shows the response as it came. */
export function keepForLog({ logs }: AttemptLogConfig, attempt: UpstreamRequest, headers: ResponseHeaders): void {
  if (logs.length === 0) return;
  const copy = new ResponseHeaders(headers.status);
  for (let i = 0; i < headers.size; i++) copy.append(headers.nameAt(i), headers.valueAt(i));
  attempt.response = copy;
}

function writeLine(
  logs: readonly AccessLogger[],
  attempt: UpstreamRequest,
  { streamInfo: downstream, requestHeaders, clock }: LoggedRequest,
  logType: AccessLogType,
  flag: number,
): void {
  const info = new StreamInfo(attempt.startTime, downstream.startTimeWall, downstream.connection);
  info.downstreamRemoteAddress = downstream.downstreamRemoteAddress;
  info.routeName = downstream.routeName;
  info.virtualHostName = downstream.virtualHostName;
  info.clusterName = downstream.clusterName;
  info.requestId = downstream.requestId;
  info.dynamicMetadata = downstream.dynamicMetadata;
  info.filterState = downstream.filterState;
  info.responseCode = attempt.response?.status ?? 0;
  // Seen from here what comes is the response.
  info.bytesReceived = attempt.bodyReceived;
  info.bytesSent = attempt.bodySent;
  info.requestComplete = clock.monotonic();
  if (flag !== 0) info.setFlag(flag);
  attempt.takeBytes();
  const upstream = attempt.info;
  info.upstream = upstream;
  // Asked of the real Envoy: the protocol is that of the connection, none before there is one.
  info.protocol = upstream.protocol;
  // As Envoy: attempts are counted for the whole request, and not in these lines.
  const { attemptCount } = upstream;
  upstream.attemptCount = 0;
  for (const log of logs) {
    try {
      log.log({
        streamInfo: info,
        requestHeaders,
        responseHeaders: attempt.response,
        responseTrailers: attempt.trailers,
        logType,
        localReplyBody: '',
      });
    } catch (error) {
      contain('an upstream log', error);
    }
  }
  upstream.attemptCount = attemptCount;
}

const noConnection: DownstreamConnectionInfo = {
  id: 0,
  localAddress: noAddress,
  directRemoteAddress: noAddress,
  listenerName: '',
  filterChainName: '',
  requestedServerName: '',
  tls: null,
  terminationDetails: '',
  transportFailureReason: '',
};

/** For a request that no client sent, such as a copy. */
export function requestOfOurOwn(clusterName: string, requestHeaders: RequestHeaders, clock: Clock): LoggedRequest {
  const streamInfo = new StreamInfo(clock.monotonic(), clock.wall(), noConnection);
  streamInfo.clusterName = clusterName;
  return { streamInfo, requestHeaders, clock };
}
