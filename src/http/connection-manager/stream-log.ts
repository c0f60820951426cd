// Owns the last look at a stream: its bytes into the stream info, its line into each access log, and, at debug level, what
// went wrong in words.
import { contain } from '../../base/assert.ts';
import { logger } from '../../base/logger.ts';
import { AccessLogType } from '../../observability/access-log/api.ts';
import type { ActiveStream } from './active-stream.ts';

const log = logger('http');

/** `now` in monotonic milliseconds. Never throws: a logger that does must not keep the stream from its end. */
export function logStream(stream: ActiveStream, now: number): void {
  const { info, headers, encoding, manager } = stream;
  const meter = stream.codecStream.bytesMeter;
  info.requestComplete = now;
  info.wireBytesReceived = meter.wireBytesReceived;
  info.wireBytesSent = meter.wireBytesSent;
  info.headerBytesReceived = meter.headerBytesReceived;
  info.headerBytesSent = meter.headerBytesSent;
  if (log.debugEnabled && info.explanation !== '') {
    const request = headers === null ? 'a request' : `${headers.method} ${headers.path}`;
    log.debug(`[C${info.connection.id}] ${request}: ${info.responseCode} ${info.responseCodeDetails}: ${info.cause}`);
  }
  const logs = manager.config.accessLogs;
  for (let i = 0; i < logs.length; i++) {
    try {
      logs[i]?.log({
        streamInfo: info,
        requestHeaders: headers,
        responseHeaders: encoding?.headers ?? null,
        responseTrailers: encoding?.trailers ?? null,
        logType: AccessLogType.DownstreamEnd,
        localReplyBody: '',
      });
    } catch (error) {
      contain('an access log', error);
    }
  }
}
