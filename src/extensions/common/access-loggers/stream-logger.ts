// Owns what the stdout and stderr loggers share.
import type { Message } from '@bufbuild/protobuf';
import {
  type AccessLogger,
  type AccessLoggerContext,
  DEFAULT_ACCESS_LOG_FORMAT,
  FileAccessLogger,
  readFormatString,
  readSubstitutionFormat,
} from '../../../observability/access-log/api.ts';

type LogFormat = Parameters<typeof readSubstitutionFormat>[0];

export function createStreamLogger(
  path: '/dev/stdout' | '/dev/stderr',
  format: LogFormat | undefined,
  message: Message,
  { config, settings }: AccessLoggerContext,
): AccessLogger | undefined {
  const { headerName } = settings;
  const formatter =
    format === undefined
      ? readFormatString(DEFAULT_ACCESS_LOG_FORMAT, message, '', config, { headerName })
      : readSubstitutionFormat(format, config, headerName);
  return formatter && new FileAccessLogger(settings.manager.file(path), formatter);
}
