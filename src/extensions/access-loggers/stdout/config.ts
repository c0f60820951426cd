// The extension `envoy.access_loggers.stdout`: lines of a format, written to the process's standard output.
import type { Message } from '@bufbuild/protobuf';
import type { StdoutAccessLog } from '../../../generated/envoy/extensions/access_loggers/stream/v3/stream_pb.d.ts';
import type { AccessLoggerFactory } from '../../../observability/access-log/api.ts';
import { createStreamLogger } from '../../common/access-loggers/stream-logger.ts';

export const factory: AccessLoggerFactory = {
  create: (message: Message, context) => {
    const { accessLogFormat } = message as StdoutAccessLog;
    return createStreamLogger('/dev/stdout', accessLogFormat.value, message, context);
  },
};
