// Owns a stream's access-log lines: its bytes into the stream info, its line into each access log, at its end and where
// access_log_options ask for more; and, at debug level, what went wrong in words.
import { contain } from '../../base/assert.ts';
import { logger } from '../../base/logger.ts';
import { AccessLogType } from '../../observability/access-log/api.ts';
import type { ActiveStream } from './active-stream.ts';

const log = logger('http');

/** The stream is over. `now` in monotonic milliseconds. */
export function logStream(stream: ActiveStream, now: number): void {
  const { info, headers } = stream;
  if (log.debugEnabled && info.explanation !== '') {
    const request = headers === null ? 'a request' : `${headers.method} ${headers.path}`;
    log.debug(`[C${info.connection.id}] ${request}: ${info.responseCode} ${info.responseCodeDetails}: ${info.cause}`);
  }
  writeLines(stream, now, AccessLogType.DownstreamEnd);
}

/** flush_access_log_on_new_request: as Envoy, the route is known, and nothing has been answered. */
export function logNewRequest(stream: ActiveStream): void {
  stream.route();
  logRunningStream(stream, AccessLogType.DownstreamStart);
}

/** access_log_flush_interval. */
export function logPeriodically(stream: ActiveStream): void {
  logRunningStream(stream, AccessLogType.DownstreamPeriodic);
}

/** flush_log_on_tunnel_successfully_established; `status`: of the answer to an upgrade or CONNECT. */
export function logTunnel(stream: ActiveStream, status: number): void {
  if (!stream.manager.config.accessLogging.tunnels) return;
  if (status !== (stream.headers?.method === 'CONNECT' ? 200 : 101)) return;
  logRunningStream(stream, AccessLogType.DownstreamTunnelSuccessfullyEstablished);
}

/** A stream that goes on: durations in its line are those until now. */
function logRunningStream(stream: ActiveStream, type: AccessLogType): void {
  writeLines(stream, stream.services.clock.monotonic(), type);
  stream.info.requestComplete = -1;
}

/** Never throws: a logger that does must not keep the stream from its end. */
function writeLines(stream: ActiveStream, now: number, logType: AccessLogType): void {
  const { info, headers, encoding, manager } = stream;
  const meter = stream.codecStream.bytesMeter;
  info.requestComplete = now;
  info.wireBytesReceived = meter.wireBytesReceived;
  info.wireBytesSent = meter.wireBytesSent;
  info.headerBytesReceived = meter.headerBytesReceived;
  info.headerBytesSent = meter.headerBytesSent;
  const logs = manager.config.accessLogs;
  if (logs.length === 0) return;
  if (info.clusterName === '') stream.nameCluster();
  for (let i = 0; i < logs.length; i++) {
    try {
      logs[i]?.log({
        streamInfo: info,
        requestHeaders: headers,
        responseHeaders: encoding?.headers ?? null,
        responseTrailers: encoding?.trailers ?? null,
        logType,
        localReplyBody: '',
      });
    } catch (error) {
      contain('an access log', error);
    }
  }
}
