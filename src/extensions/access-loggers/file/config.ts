// The extension `envoy.access_loggers.file`: lines of a format, appended to a file. Format and file are core's
// (src/observability/access-log).

import type { Message } from '@bufbuild/protobuf';
import { errorText } from '../../../base/error-text.ts';
import type { FileAccessLog } from '../../../generated/envoy/extensions/access_loggers/file/v3/file_pb.d.ts';
import {
  type AccessLogFile,
  type AccessLogger,
  type AccessLoggerContext,
  type AccessLoggerFactory,
  DEFAULT_ACCESS_LOG_FORMAT,
  FileAccessLogger,
  type Formatter,
  readFormatString,
  readJsonFormat,
  readSubstitutionFormat,
} from '../../../observability/access-log/api.ts';

export const factory: AccessLoggerFactory = {
  create: (message: Message, context) => create(message as FileAccessLog, context),
};

function create(message: FileAccessLog, context: AccessLoggerContext): AccessLogger | undefined {
  const formatter = readFormat(message, context);
  // Opened last: a configuration that is refused leaves no file behind.
  if (formatter === undefined) return undefined;
  const file = open(message, context);
  return file && new FileAccessLogger(file, formatter);
}

function readFormat(message: FileAccessLog, { config, settings }: AccessLoggerContext): Formatter | undefined {
  const { accessLogFormat: format } = message;
  const options = { headerName: settings.headerName };
  switch (format.case) {
    case 'logFormat':
      return readSubstitutionFormat(format.value, config, settings.headerName);
    case 'format':
      return readFormatString(format.value || DEFAULT_ACCESS_LOG_FORMAT, message, 'format', config, options);
    case 'jsonFormat':
      return readJsonFormat(format.value, message, 'json_format', config, options);
    case 'typedJsonFormat':
      return readJsonFormat(format.value, message, 'typed_json_format', config, options);
    case undefined:
      return readFormatString(DEFAULT_ACCESS_LOG_FORMAT, message, '', config, options);
  }
}

function open(message: FileAccessLog, { config, settings }: AccessLoggerContext): AccessLogFile | undefined {
  try {
    return settings.manager.file(message.path);
  } catch (error) {
    const reason = errorText(error);
    config.error(message, 'path', 'RMR0702', `the access log cannot be opened: ${reason}`);
    return undefined;
  }
}
