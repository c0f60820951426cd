// Owns the lines of a connection's access log: when they are written, and what they know by then.
import type { Clock } from '../../../../base/clock.ts';
import type { Connection } from '../../../../network/api.ts';
import { type AccessLogger, AccessLogType, contextWithoutResponse } from '../../../../observability/access-log/api.ts';
import type { StreamInfo } from '../../../../observability/api.ts';

export class TcpLog {
  readonly #loggers: readonly AccessLogger[];
  readonly #clock: Clock;

  constructor(loggers: readonly AccessLogger[], clock: Clock) {
    this.#loggers = loggers;
    this.#clock = clock;
  }

  write(streamInfo: StreamInfo, connection: Connection, logType: AccessLogType): void {
    if (this.#loggers.length === 0) return;
    if (logType === AccessLogType.TcpConnectionEnd) streamInfo.requestComplete = this.#clock.monotonic();
    streamInfo.connectionEnd = {
      detectedCloseType: connection.detectedCloseType ?? 'Normal',
      localCloseReason: connection.localCloseReason ?? '',
    };
    const context = contextWithoutResponse(streamInfo, null, logType);
    for (const logger of this.#loggers) logger.log(context);
  }
}
