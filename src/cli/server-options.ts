// Owns the meaning of the flags: from what was typed to the frozen ServerOptions, with Envoy's checks in Envoy's
// words where its users' scripts may match them.
import { DEFAULT_LOG_FORMAT, isLoggerName, type LogLevel, parseLogLevel } from '../base/logger.ts';
import type { ComponentLogLevel, ServerMode, ServerOptions, StatsTag } from '../server/options.ts';
import { FLAGS, type RawFlags } from './flags.ts';
import { ENVOY_API_VERSION, isApiVersion, reportedVersion } from './version.ts';

/** The command line is wrong: printed as `error: MESSAGE`, exit code 1. */
export class UsageError extends Error {}

const MAX_UINT32 = 0xffff_ffff;

/** `environment` gives REMORA_REPORTED_VERSION. Throws UsageError. */
export function serverOptions(
  program: ServerOptions['program'],
  flags: RawFlags,
  environment: Readonly<Record<string, string | undefined>>,
): ServerOptions {
  const on = (name: string): boolean => flags.get(name) === true;
  const text = (name: string, fallback = ''): string => {
    const value = flags.get(name);
    return typeof value === 'string' ? value : fallback;
  };
  const uint = (name: string, fallback: number): number => {
    const value = flags.get(name);
    return typeof value === 'string' ? parseUint(name, value) : fallback;
  };
  const list = (name: string): readonly string[] => {
    const value = flags.get(name);
    return Array.isArray(value) ? value : [];
  };

  const useDynamicBaseId = on('use-dynamic-base-id');
  const restartEpoch = uint('restart-epoch', 0);
  if (useDynamicBaseId && restartEpoch > 0) {
    throw new UsageError(`cannot use --restart-epoch=${restartEpoch} with --use-dynamic-base-id`);
  }
  const configPath = text('config-path');
  const configYaml = text('config-yaml');
  if (configPath === '' && configYaml === '') {
    throw new UsageError('at least one of --config-path (-c) and --config-yaml must be given and not be empty');
  }
  const fields: ServerOptions = {
    program,
    reportedVersion: reportedVersion(apiVersion(flags, environment)),
    configPath,
    configYaml,
    mode: parseMode(text('mode', 'serve')),
    concurrency: Math.max(1, uint('concurrency', 1)),
    concurrencyGiven: flags.has('concurrency'),
    logLevel: parseLevel(text('log-level', 'info')),
    componentLogLevel: text('component-log-level'),
    componentLogLevels: parseComponentLevels(text('component-log-level')),
    logFormat: text('log-format', DEFAULT_LOG_FORMAT),
    logFormatEscaped: on('log-format-escaped'),
    logPath: text('log-path'),
    serviceNode: text('service-node'),
    serviceCluster: text('service-cluster'),
    serviceZone: text('service-zone'),
    drainTimeMs: uint('drain-time-s', 600) * 1000,
    drainStrategy: parseDrainStrategy(text('drain-strategy', 'gradual')),
    parentShutdownTimeMs: uint('parent-shutdown-time-s', 900) * 1000,
    localAddressIpVersion: parseIpVersion(text('local-address-ip-version', 'v4')),
    fileFlushIntervalMs: uint('file-flush-interval-msec', 10_000),
    fileFlushMinSizeKb: uint('file-flush-min-size-kb', 0),
    disableHotRestart: on('disable-hot-restart'),
    // The process id is free by nature on a host.
    baseId: useDynamicBaseId ? process.pid : uint('base-id', 0),
    baseIdPath: text('base-id-path'),
    useDynamicBaseId,
    restartEpoch,
    allowUnknownStaticFields: on('allow-unknown-static-fields') || on('allow-unknown-fields'),
    rejectUnknownDynamicFields: on('reject-unknown-dynamic-fields'),
    ignoreUnknownDynamicFields: on('ignore-unknown-dynamic-fields'),
    skipDeprecatedLogs: on('skip-deprecated-logs'),
    adminAddressPath: text('admin-address-path'),
    statsTags: Object.freeze(list('stats-tag').map(parseStatsTag)),
    disabledExtensions: Object.freeze(text('disable-extensions').split(',').filter(Boolean)),
    watch: on('watch'),
    trimMemory: on('trim-memory'),
    flagsWithoutEffect: Object.freeze(withoutEffect(flags)),
    otherFlags: Object.freeze({
      cpusetThreads: on('cpuset-threads'),
      enableCoreDump: on('enable-core-dump'),
      enableFineGrainLogging: on('enable-fine-grain-logging'),
      enableMutexTracing: on('enable-mutex-tracing'),
      logStacktraceSingleEntry: on('log-stacktrace-single-entry'),
      skipHotRestartOnNoParent: on('skip-hot-restart-on-no-parent'),
      skipHotRestartParentStats: on('skip-hot-restart-parent-stats'),
      socketMode: Number.parseInt(text('socket-mode', '0'), 8) || 0,
      socketPath: text('socket-path', '@envoy_domain_socket'),
    }),
  };
  return Object.freeze(fields);
}

/** `--reported-version`, else REMORA_REPORTED_VERSION, else the version we follow. Throws UsageError. */
export function apiVersion(flags: RawFlags, environment: Readonly<Record<string, string | undefined>>): string {
  const given = flags.get('reported-version') ?? environment['REMORA_REPORTED_VERSION'] ?? '';
  if (typeof given !== 'string' || given === '') return ENVOY_API_VERSION;
  if (!isApiVersion(given)) throw new UsageError(`the version to report must look like 1.40.0, not '${given}'`);
  return given;
}

function parseUint(name: string, value: string): number {
  const number = /^\s*\+?\d+$/.test(value) ? Number(value) : Number.NaN;
  if (!(number <= MAX_UINT32)) {
    throw new UsageError(`--${name} takes a whole number from 0 to ${MAX_UINT32}, not '${value}'`);
  }
  return number;
}

function parseMode(value: string): ServerMode {
  if (value === 'serve' || value === 'validate' || value === 'init_only') return value;
  throw new UsageError(`unknown mode '${value}' (serve, validate or init_only)`);
}

function parseDrainStrategy(value: string): 'gradual' | 'immediate' {
  if (value === 'gradual' || value === 'immediate') return value;
  throw new UsageError(`unknown drain-strategy '${value}' (gradual or immediate)`);
}

function parseIpVersion(value: string): 'v4' | 'v6' {
  if (value === 'v4' || value === 'v6') return value;
  throw new UsageError(`unknown IP address version '${value}' (v4 or v6)`);
}

function parseLevel(value: string): LogLevel {
  const level = parseLogLevel(value);
  if (level === undefined) throw new UsageError(`invalid log level specified '${value}'`);
  return level;
}

function parseComponentLevels(value: string): readonly ComponentLogLevel[] {
  if (value === '') return Object.freeze([]);
  const levels = value.split(',').map((item) => {
    const [component = '', level, ...more] = item.split(':');
    if (level === undefined || more.length > 0) {
      throw new UsageError(`component log level not correctly specified '${item}'`);
    }
    const parsed = parseLevel(level);
    if (!isLoggerName(component)) throw new UsageError(`invalid component specified '${component}'`);
    return Object.freeze({ component, level: parsed });
  });
  return Object.freeze(levels);
}

function parseStatsTag(item: string): StatsTag {
  const colon = item.indexOf(':');
  if (colon < 0) throw new UsageError(`misformatted stats-tag '${item}'`);
  const name = item.slice(0, colon);
  const value = item.slice(colon + 1);
  const wrong = /^[A-Za-z0-9]*$/.test(name) ? (/^[^.]+$/.test(value) ? undefined : value) : name;
  if (wrong !== undefined) throw new UsageError(`misformatted stats-tag '${item}' contains invalid char in '${wrong}'`);
  return Object.freeze({ name, value });
}

function withoutEffect(flags: RawFlags): { flag: string; reason: string }[] {
  const found: { flag: string; reason: string }[] = [];
  for (const { name, noEffect } of FLAGS) {
    if (noEffect !== undefined && flags.has(name)) found.push(Object.freeze({ flag: `--${name}`, reason: noEffect }));
  }
  return found;
}
