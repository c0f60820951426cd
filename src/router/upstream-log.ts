// Owns the upstream log: a line for each attempt, as the attempt saw it, with its own flags and sizes.
import { contain } from '../base/assert.ts';
import type { DecoderFilterCallbacks } from '../http/filter/api.ts';
import { type AccessLogger, AccessLogType } from '../observability/access-log/api.ts';
import { StreamInfo } from '../observability/stream-info.ts';
import type { UpstreamRequest } from './upstream-request.ts';

/** `flag`: what ended the attempt, 0 for its response. Once for each attempt. */
export function logAttempt(
  logs: readonly AccessLogger[],
  attempt: UpstreamRequest,
  callbacks: DecoderFilterCallbacks,
  flag: number,
): void {
  if (logs.length === 0 || attempt.logged) return;
  attempt.logged = true;
  const downstream = callbacks.streamInfo;
  const info = new StreamInfo(attempt.startTime, downstream.startTimeWall, downstream.connection);
  info.downstreamRemoteAddress = downstream.downstreamRemoteAddress;
  info.protocol = downstream.protocol;
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
  info.requestComplete = callbacks.clock.monotonic();
  if (flag !== 0) info.setFlag(flag);
  attempt.takeBytes();
  const upstream = attempt.info;
  info.upstream = upstream;
  // As Envoy: attempts are counted for the whole request, and not in these lines.
  const { attemptCount } = upstream;
  upstream.attemptCount = 0;
  for (const log of logs) {
    try {
      log.log({
        streamInfo: info,
        requestHeaders: callbacks.requestHeaders,
        responseHeaders: attempt.response,
        responseTrailers: null,
        logType: AccessLogType.UpstreamEnd,
        localReplyBody: '',
      });
    } catch (error) {
      contain('an upstream log', error);
    }
  }
  upstream.attemptCount = attemptCount;
}
