// Owns the way from envoy.config.accesslog.v3.AccessLogFilter to filters.
import { RuntimeInteger } from '../../base/runtime.ts';
import { typeNameOf } from '../../config/parse/any.ts';
import type {
  AccessLogFilter as AccessLogFilterMessage,
  ComparisonFilter as ComparisonFilterMessage,
  ExtensionFilter,
  RuntimeFilter as RuntimeFilterMessage,
} from '../../generated/envoy/config/accesslog/v3/accesslog_pb.d.ts';
import { responseFlagByName } from '../response-flags.ts';
import type { LogContext } from './context.ts';
import { type AccessLoggerContext, accessLogFilterCategory } from './factory.ts';
import {
  AndFilter,
  type Comparison,
  ComparisonFilter,
  durationOf,
  GrpcStatusFilter,
  HeaderFilter,
  MetadataFilter,
  OrFilter,
  RuntimeFilter,
  statusOf,
  TestFilter,
} from './filters.ts';
import { anyGrpcStatusReader } from './format/operators/response.ts';
import type { AccessLogFilter } from './logger.ts';

/** Undefined when something was wrong and reported. */
export function readAccessLogFilter(
  message: AccessLogFilterMessage,
  context: AccessLoggerContext,
): AccessLogFilter | undefined {
  const { config, settings } = context;
  const specifier = message.filterSpecifier;
  switch (specifier.case) {
    case 'statusCodeFilter':
      return readComparison(specifier.value.comparison, statusOf, context);
    case 'durationFilter':
      return readComparison(specifier.value.comparison, durationOf, context);
    case 'notHealthCheckFilter':
      return new TestFilter(({ streamInfo }) => !streamInfo.healthCheck);
    case 'traceableFilter':
      return new TestFilter(({ streamInfo }) => streamInfo.traced);
    case 'runtimeFilter':
      return readRuntime(specifier.value, context);
    case 'andFilter':
      return readAll(specifier.value.filters, context, (filters) => new AndFilter(filters));
    case 'orFilter':
      return readAll(specifier.value.filters, context, (filters) => new OrFilter(filters));
    case 'headerFilter': {
      // PGV asks for the header.
      const matches = specifier.value.header && settings.headerMatcher(specifier.value.header, config);
      return matches && new HeaderFilter(matches);
    }
    case 'responseFlagFilter':
      return readResponseFlags(specifier.value.flags, message, context);
    case 'grpcStatusFilter': {
      const { statuses, exclude } = specifier.value;
      return new GrpcStatusFilter(anyGrpcStatusReader(settings), new Set<number>(statuses), exclude);
    }
    case 'logTypeFilter': {
      const types = new Set<number>(specifier.value.types);
      const { exclude } = specifier.value;
      return new TestFilter((log: LogContext) => types.has(log.logType) !== exclude);
    }
    case 'metadataFilter': {
      const { matcher, matchIfKeyNotFound = true } = specifier.value;
      if (matcher === undefined) return new TestFilter(() => matchIfKeyNotFound);
      const value = settings.metadataValue(matcher, config);
      return value && new MetadataFilter(value, matchIfKeyNotFound);
    }
    case 'extensionFilter':
      return readExtension(specifier.value, message, context);
    case undefined:
      config.error(message, '', 'RMR0702', 'the filter of the access log is empty');
      return undefined;
  }
}

function readExtension(
  { name, configType }: ExtensionFilter,
  message: AccessLogFilterMessage,
  context: AccessLoggerContext,
): AccessLogFilter | undefined {
  const { config, settings } = context;
  const any = configType.value;
  const factory = any && settings.extensions.get(accessLogFilterCategory, typeNameOf(any.typeUrl));
  if (any === undefined || factory === undefined) {
    config.error(message, 'extension_filter', 'RMR0702', `the access log filter '${name}' is not implemented yet`);
    return undefined;
  }
  const unpacked = config.unpack(any);
  return unpacked && factory.create(unpacked, context);
}

const comparisons: readonly Comparison[] = ['eq', 'ge', 'le', 'ne'];

function readComparison(
  message: ComparisonFilterMessage | undefined,
  read: (log: LogContext) => number,
  { settings }: AccessLoggerContext,
): AccessLogFilter | undefined {
  const value = message?.value;
  if (message === undefined || value === undefined) return undefined; // PGV reported it.
  const { runtimeKey, defaultValue } = value;
  const limit = new RuntimeInteger(defaultValue, runtimeKey, settings.runtime);
  return new ComparisonFilter(read, comparisons[message.op] ?? 'eq', limit);
}

/** By FractionalPercent.DenominatorType. */
const denominators: readonly number[] = [100, 10_000, 1_000_000];

function readRuntime(message: RuntimeFilterMessage, { settings }: AccessLoggerContext): AccessLogFilter {
  const percent = message.percentSampled;
  const denominator = denominators[percent?.denominator ?? 0] ?? 100;
  const numerator = new RuntimeInteger(percent?.numerator ?? 0, message.runtimeKey, settings.runtime);
  return new RuntimeFilter(numerator, denominator, message.useIndependentRandomness, settings.random);
}

function readAll(
  messages: readonly AccessLogFilterMessage[],
  context: AccessLoggerContext,
  combine: (filters: AccessLogFilter[]) => AccessLogFilter,
): AccessLogFilter | undefined {
  const filters = messages.map((message) => readAccessLogFilter(message, context));
  const complete = filters.filter((filter) => filter !== undefined);
  return complete.length === filters.length ? combine(complete) : undefined;
}

/** No names: any flag will do. */
function readResponseFlags(
  names: readonly string[],
  message: AccessLogFilterMessage,
  { config }: AccessLoggerContext,
): AccessLogFilter | undefined {
  let mask = 0;
  for (const [index, name] of names.entries()) {
    const flag = responseFlagByName(name);
    if (flag === undefined) {
      config.error(message, `response_flag_filter.flags[${index}]`, 'RMR0702', `there is no response flag '${name}'`);
      return undefined;
    }
    mask |= flag;
  }
  return names.length === 0
    ? new TestFilter(({ streamInfo }) => streamInfo.responseFlags !== 0)
    : new TestFilter(({ streamInfo }) => streamInfo.hasFlag(mask));
}
