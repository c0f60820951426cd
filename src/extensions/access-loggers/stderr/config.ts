// The extension `envoy.access_loggers.stderr`: lines of a format, written to the process's standard error.
import type { Message } from '@bufbuild/protobuf';
import type { StderrAccessLog } from '../../../generated/envoy/extensions/access_loggers/stream/v3/stream_pb.d.ts';
import type { AccessLoggerFactory } from '../../../observability/access-log/api.ts';
import { createStreamLogger } from '../../common/access-loggers/stream-logger.ts';

export const factory: AccessLoggerFactory = {
  create: (message: Message, context) => {
    const { accessLogFormat } = message as StderrAccessLog;
    return createStreamLogger('/dev/stderr', accessLogFormat.value, message, context);
  },
};
