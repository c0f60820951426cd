// Owns the table of flags that `envoy` and `remora run` take: Envoy's, then ours. Both parsers are made from it:
// the quick one of every start (quick-parse.ts) and commander's, for help and errors (commands.ts).

interface FlagBase {
  /** Long name without its dashes. */
  readonly name: string;
  /** One letter, where Envoy has one. */
  readonly short?: string;
  readonly help: string;
  /** Set when the flag is accepted and changes nothing: why. Said once at debug level. */
  readonly noEffect?: string;
  /** True for flags that Envoy does not know. */
  readonly own?: boolean;
}
/** `switch` takes no value; `uint` is a 32-bit unsigned decimal; `list` may be given several times. */
export type Flag = FlagBase &
  ({ readonly kind: 'switch' } | { readonly kind: 'string' | 'uint' | 'list'; readonly value: string });

const NO_HOT_RESTART = 'no process is handed over to yet';

export const FLAGS: readonly Flag[] = [
  { name: 'config-path', short: 'c', kind: 'string', value: 'path', help: 'bootstrap configuration, YAML or JSON' },
  { name: 'config-yaml', kind: 'string', value: 'yaml', help: 'inline YAML, merged over the file' },
  { name: 'mode', kind: 'string', value: 'mode', help: 'serve (default), validate (check and exit) or init_only' },
  { name: 'concurrency', kind: 'uint', value: 'n', help: 'number of event loops (default 1)' },
  {
    name: 'log-level',
    short: 'l',
    kind: 'string',
    value: 'level',
    help: 'trace, debug, info (default), warning|warn, error, critical or off',
  },
  {
    name: 'component-log-level',
    kind: 'string',
    value: 'list',
    help: 'levels by component: upstream:debug,http:trace',
  },
  { name: 'log-format', kind: 'string', value: 'pattern', help: 'spdlog pattern of a line of the application log' },
  { name: 'log-format-escaped', kind: 'switch', help: 'escape each log line as C does' },
  { name: 'log-path', kind: 'string', value: 'path', help: 'file for the application log (default: standard error)' },
  { name: 'service-node', kind: 'string', value: 'id', help: 'node id, over the one in the bootstrap' },
  { name: 'service-cluster', kind: 'string', value: 'name', help: 'node cluster, over the one in the bootstrap' },
  { name: 'service-zone', kind: 'string', value: 'name', help: 'zone of the node, over the one in the bootstrap' },
  { name: 'drain-time-s', kind: 'uint', value: 'seconds', help: 'how long removed listeners drain (default 600)' },
  { name: 'drain-strategy', kind: 'string', value: 'strategy', help: 'gradual (default) or immediate' },
  {
    name: 'parent-shutdown-time-s',
    kind: 'uint',
    value: 'seconds',
    help: 'hot restart: life left to the parent (900)',
  },
  { name: 'local-address-ip-version', kind: 'string', value: 'version', help: 'v4 (default) or v6' },
  { name: 'file-flush-interval-msec', kind: 'uint', value: 'ms', help: 'longest wait of access-log lines (10000)' },
  { name: 'file-flush-min-size-kb', kind: 'uint', value: 'KiB', help: 'access-log buffer that causes a write (64)' },
  { name: 'admin-address-path', kind: 'string', value: 'path', help: 'file that receives the address of the admin' },
  { name: 'allow-unknown-static-fields', kind: 'switch', help: 'unknown fields in the bootstrap are warnings' },
  { name: 'allow-unknown-fields', kind: 'switch', help: 'old name of --allow-unknown-static-fields' },
  { name: 'reject-unknown-dynamic-fields', kind: 'switch', help: 'unknown fields from xDS are errors' },
  { name: 'ignore-unknown-dynamic-fields', kind: 'switch', help: 'unknown fields from xDS are not mentioned' },
  { name: 'skip-deprecated-logs', kind: 'switch', help: 'do not mention deprecated fields' },
  { name: 'stats-tag', kind: 'list', value: 'tag:value', help: 'tag on every statistic; may be repeated' },
  { name: 'disable-extensions', kind: 'string', value: 'list', help: 'extensions that may not be used' },
  { name: 'disable-hot-restart', kind: 'switch', help: 'do not take part in hot restart', noEffect: NO_HOT_RESTART },
  {
    name: 'base-id',
    kind: 'uint',
    value: 'n',
    help: 'hot restart: tells proxies of one host apart',
    noEffect: NO_HOT_RESTART,
  },
  { name: 'use-dynamic-base-id', kind: 'switch', help: 'hot restart: choose a free base id', noEffect: NO_HOT_RESTART },
  { name: 'base-id-path', kind: 'string', value: 'path', help: 'file that receives the base id' },
  { name: 'restart-epoch', kind: 'uint', value: 'n', help: 'hot restart: generation', noEffect: NO_HOT_RESTART },
  { name: 'hot-restart-version', kind: 'switch', help: 'print the version of the hot-restart protocol and exit' },
  { name: 'socket-path', kind: 'string', value: 'path', help: 'hot restart: socket', noEffect: NO_HOT_RESTART },
  {
    name: 'socket-mode',
    kind: 'string',
    value: 'octal',
    help: 'hot restart: mode of the socket',
    noEffect: NO_HOT_RESTART,
  },
  { name: 'skip-hot-restart-on-no-parent', kind: 'switch', help: 'hot restart: go on alone', noEffect: NO_HOT_RESTART },
  { name: 'skip-hot-restart-parent-stats', kind: 'switch', help: 'hot restart: start at 0', noEffect: NO_HOT_RESTART },
  {
    name: 'cpuset-threads',
    kind: 'switch',
    help: 'default of --concurrency from the cpuset',
    noEffect: 'the default is one event loop on any machine',
  },
  {
    name: 'enable-core-dump',
    kind: 'switch',
    help: 'enable core dumps',
    noEffect: 'the limit of the shell that starts the process decides',
  },
  {
    name: 'enable-mutex-tracing',
    kind: 'switch',
    help: 'trace contention of mutexes',
    noEffect: 'an event loop has none',
  },
  {
    name: 'enable-fine-grain-logging',
    kind: 'switch',
    help: 'levels by file',
    noEffect: 'levels are kept by component only',
  },
  {
    name: 'log-stacktrace-single-entry',
    kind: 'switch',
    help: 'stack traces as one log entry',
    noEffect: 'they always are one entry',
  },
  { name: 'version', kind: 'switch', help: 'print the version and exit' },
  { name: 'help', short: 'h', kind: 'switch', help: 'print this help and exit' },
  { name: 'watch', kind: 'switch', own: true, help: 'apply the bootstrap anew whenever its file changes' },
  { name: 'trim-memory', kind: 'switch', own: true, help: 'give unused pages of the executable back when quiet' },
  {
    name: 'reported-version',
    kind: 'string',
    value: 'x.y.z',
    own: true,
    help: "version of Envoy's API to report (default 1.40.0; also REMORA_REPORTED_VERSION)",
  },
];

/** What a command line gave, by flag name: text for `string` and `uint`, all values for `list`, true for `switch`. */
export type RawFlags = ReadonlyMap<string, string | true | readonly string[]>;
