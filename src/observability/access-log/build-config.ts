// Owns the way from the `access_log` fields of connection managers, listeners and filters to loggers.
import { typeNameOf } from '../../config/parse/any.ts';
import type { AccessLog } from '../../generated/envoy/config/accesslog/v3/accesslog_pb.d.ts';
import { type AccessLoggerContext, accessLoggerCategory } from './factory.ts';
import { readAccessLogFilter } from './filter-config.ts';
import { type AccessLogger, FilteredAccessLogger } from './logger.ts';

/** What could not be made is left out and reported to `context.config`. */
export function buildAccessLogs(messages: readonly AccessLog[], context: AccessLoggerContext): readonly AccessLogger[] {
  const loggers: AccessLogger[] = [];
  for (const message of messages) {
    const logger = buildAccessLog(message, context);
    if (logger !== undefined) loggers.push(logger);
  }
  return Object.freeze(loggers);
}

function buildAccessLog(message: AccessLog, context: AccessLoggerContext): AccessLogger | undefined {
  const { config, settings } = context;
  const filter = message.filter && readAccessLogFilter(message.filter, context);
  const any = message.configType.value;
  if (any === undefined) {
    config.error(
      message,
      'typed_config',
      'RMR0702',
      `the access log '${message.name}' has no typed_config, which tells what kind it is`,
    );
    return undefined;
  }
  const unpacked = config.unpack(any);
  if (unpacked === undefined) return undefined;
  const factory = settings.extensions.get(accessLoggerCategory, typeNameOf(any.typeUrl));
  if (factory === undefined) {
    config.error(message, 'typed_config', 'RMR0702', `the access logger ${unpacked.$typeName} is not implemented yet`);
    return undefined;
  }
  const logger = factory.create(unpacked, context);
  if (logger === undefined || (message.filter !== undefined && filter === undefined)) return undefined;
  return filter === undefined ? logger : new FilteredAccessLogger(filter, logger);
}
