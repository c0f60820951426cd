// Owns the listener's own access log (Listener.access_log): a line for each connection when it ends, and for each that
// no filter chain wanted.

import type { Connection } from '../network/api.ts';
import { type AccessLogger, contextWithoutResponse } from '../observability/access-log/api.ts';
import { ResponseFlag } from '../observability/response-flags.ts';
import type { StreamInfo } from '../observability/stream-info.ts';
import type { ProcessServices } from '../upstream/services.ts';

export function logConnection(
  loggers: readonly AccessLogger[],
  streamInfo: StreamInfo,
  connection: Connection,
  services: ProcessServices,
  matched: boolean,
): void {
  const info = streamInfo.connection;
  streamInfo.requestComplete = services.clock.monotonic();
  streamInfo.bytesReceived = connection.bytesRead;
  streamInfo.bytesSent = connection.bytesWritten;
  streamInfo.connectionEnd = {
    detectedCloseType: connection.detectedCloseType ?? 'Normal',
    localCloseReason:
      connection.delayedCloseTimedOut === true
        ? 'triggered_delayed_close_timeout'
        : (connection.localCloseReason ?? ''),
  };
  streamInfo.protocol = info.protocol ?? -1;
  streamInfo.setFlag(info.flags ?? 0);
  if (!matched) {
    streamInfo.setFlag(ResponseFlag.NoRouteFound);
    streamInfo.responseCodeDetails = 'filter_chain_not_found';
  }
  const context = contextWithoutResponse(streamInfo);
  for (const logger of loggers) logger.log(context);
}
