// Owns the shape of what the command line decided: one frozen object, made by src/cli once, read by everything
// the server starts. The names follow Envoy's `command_line_options` in /server_info, with units added.
import type { LogLevel } from '../base/logger.ts';

export type ServerMode = 'serve' | 'validate' | 'init_only';

export interface ServerOptions {
  /** Which executable was started, for messages: `remora` or `envoy`. */
  readonly program: 'remora' | 'envoy';
  /** What /server_info and `--version` report, in Envoy's five parts: `SHA/1.40.0/Clean/RELEASE/OpenSSL`. */
  readonly reportedVersion: string;
  /** Path of the bootstrap (YAML or JSON by its ending); empty when only `configYaml` was given. */
  readonly configPath: string;
  /** Inline YAML, merged over the file; empty when not given. */
  readonly configYaml: string;
  readonly mode: ServerMode;
  /** Number of event loops, at least 1. */
  readonly concurrency: number;
  /** True when --concurrency was given, false when `concurrency` is the default. */
  readonly concurrencyGiven: boolean;
  readonly logLevel: LogLevel;
  /** As given (`upstream:debug,config:trace`), already checked; empty when not given. */
  readonly componentLogLevel: string;
  readonly componentLogLevels: readonly ComponentLogLevel[];
  /** spdlog pattern. */
  readonly logFormat: string;
  /** Escape C-style escape sequences in log messages. */
  readonly logFormatEscaped: boolean;
  /** File that receives the application log; empty: standard error. */
  readonly logPath: string;
  /** Overrides `node.id` of the bootstrap when not empty. */
  readonly serviceNode: string;
  /** Overrides `node.cluster` of the bootstrap when not empty. */
  readonly serviceCluster: string;
  /** Overrides `node.locality.zone` of the bootstrap when not empty. */
  readonly serviceZone: string;
  /** How long listeners that are removed, and the process on hot restart, keep draining. Milliseconds; default 600,000. */
  readonly drainTimeMs: number;
  readonly drainStrategy: 'gradual' | 'immediate';
  /** After how long a hot-restarted parent is told to end. Milliseconds; default 900,000. */
  readonly parentShutdownTimeMs: number;
  readonly localAddressIpVersion: 'v4' | 'v6';
  /** Longest time a line of an access log waits in memory. Milliseconds; default 10,000. */
  readonly fileFlushIntervalMs: number;
  /** Size of the access-log buffer that causes a write before the interval ends. KiB; 0: Envoy's built-in 64. */
  readonly fileFlushMinSizeKb: number;
  readonly disableHotRestart: boolean;
  readonly baseId: number;
  /** File that receives the base id that was chosen; empty: none. */
  readonly baseIdPath: string;
  readonly useDynamicBaseId: boolean;
  readonly restartEpoch: number;
  /** Unknown fields in the bootstrap are a warning, not an error. */
  readonly allowUnknownStaticFields: boolean;
  /** Unknown fields in resources from xDS are an error. */
  readonly rejectUnknownDynamicFields: boolean;
  /** Unknown fields in resources from xDS are not even counted. */
  readonly ignoreUnknownDynamicFields: boolean;
  readonly skipDeprecatedLogs: boolean;
  /** File that receives `address:port` of the admin listener once it is bound; empty: none. */
  readonly adminAddressPath: string;
  /** Tags put on every statistic, from --stats-tag. */
  readonly statsTags: readonly StatsTag[];
  /** Extensions that must not be used, by name, from --disable-extensions. */
  readonly disabledExtensions: readonly string[];
  /** Apply a changed bootstrap file while running, as SIGHUP does. */
  readonly watch: boolean;
  /** Give the clean pages of the executable back to the system when quiet (DESIGN 3.4). */
  readonly trimMemory: boolean;
  /** Flags that were given and mean nothing here, with the reason; the server says each once at debug level. */
  readonly flagsWithoutEffect: readonly FlagWithoutEffect[];
  /** Every flag as Envoy shows it in /server_info, for those that no other field holds. */
  readonly otherFlags: Readonly<OtherFlags>;
}

export interface ComponentLogLevel {
  readonly component: string;
  readonly level: LogLevel;
}

export interface StatsTag {
  readonly name: string;
  readonly value: string;
}

export interface FlagWithoutEffect {
  /** With its dashes: `--cpuset-threads`. */
  readonly flag: string;
  readonly reason: string;
}

/** Flags kept only to be shown again. */
export interface OtherFlags {
  cpusetThreads: boolean;
  enableCoreDump: boolean;
  enableFineGrainLogging: boolean;
  enableMutexTracing: boolean;
  logStacktraceSingleEntry: boolean;
  skipHotRestartOnNoParent: boolean;
  skipHotRestartParentStats: boolean;
  socketMode: number;
  socketPath: string;
}
