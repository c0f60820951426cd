// What access loggers and those who make them meet at. Extensions import this file.
export { buildAccessLogs } from './build-config.ts';
export {
  AccessLogType,
  contextWithoutResponse,
  type HeaderName,
  type HeaderNameResolver,
  type HeaderReader,
  type LogContext,
} from './context.ts';
export {
  type AccessLogFilterFactory,
  type AccessLoggerContext,
  type AccessLoggerFactory,
  accessLogFilterCategory,
  accessLoggerCategory,
} from './factory.ts';
export type { AccessLogFile } from './file/access-log-file.ts';
export { AccessLogManager } from './file/access-log-manager.ts';
export { readAccessLogFilter } from './filter-config.ts';
export { FormatError } from './format/error.ts';
export { compileFormat, compileJsonFormat, type FormatOptions, type Formatter } from './format/formatter.ts';
export {
  DEFAULT_ACCESS_LOG_FORMAT,
  type FormatterSettings,
  readFormatString,
  readFormatters,
  readJsonFormat,
  readSubstitutionFormat,
} from './format/substitution-config.ts';
export { type AccessLogFilter, type AccessLogger, FileAccessLogger } from './logger.ts';
export type { AccessLogSettings, HeaderPredicate, MetadataValue } from './settings.ts';
