// Owns the application log: one logger for each component, its level, and where lines go. What a line looks like
// is logger-format.ts; how it is written, logger-sink.ts. The access log is another thing (observability).
//
// A disabled level costs one integer comparison, if the call is guarded:
//   const log = logger('router');
//   if (log.debugEnabled) log.debug(`cluster '${name}' match for URL '${path}'`);
import { cEscape } from './c-escape.ts';
import {
  compileLogFormat,
  DEFAULT_LOG_FORMAT,
  type LogRecord,
  type LogTags,
  READABLE_LOG_FORMAT,
  setLogThread,
} from './logger-format.ts';
import { LEVEL_NAMES, LogLevel, parseLogLevel } from './logger-levels.ts';
import { isLoggerName, LOGGER_NAMES, type LoggerName } from './logger-names.ts';
import { FileDescriptorSink, type LogSink } from './logger-sink.ts';

export { DEFAULT_LOG_FORMAT, type LogTags } from './logger-format.ts';
export { LEVEL_NAMES, LogLevel, parseLogLevel } from './logger-levels.ts';
export { isLoggerName, LOGGER_NAMES, type LoggerName } from './logger-names.ts';

export class Logger {
  readonly name: LoggerName;
  /** Written by `setLogLevel`; a plain field because the checks below read it for every request. */
  level: LogLevel;

  constructor(name: LoggerName, level: LogLevel) {
    this.name = name;
    this.level = level;
  }

  get traceEnabled(): boolean {
    return this.level <= LogLevel.trace;
  }
  get debugEnabled(): boolean {
    return this.level <= LogLevel.debug;
  }
  get infoEnabled(): boolean {
    return this.level <= LogLevel.info;
  }

  /** `tags` name what the line belongs to; `source` (`src/a.ts:12`) is filled in by scripts/build.ts, never by hand. */
  trace(message: string, tags?: LogTags, source?: string): void {
    if (this.level <= LogLevel.trace) emit(this, LogLevel.trace, message, tags, source);
  }
  debug(message: string, tags?: LogTags, source?: string): void {
    if (this.level <= LogLevel.debug) emit(this, LogLevel.debug, message, tags, source);
  }
  info(message: string, tags?: LogTags, source?: string): void {
    if (this.level <= LogLevel.info) emit(this, LogLevel.info, message, tags, source);
  }
  warning(message: string, tags?: LogTags, source?: string): void {
    if (this.level <= LogLevel.warning) emit(this, LogLevel.warning, message, tags, source);
  }
  error(message: string, tags?: LogTags, source?: string): void {
    if (this.level <= LogLevel.error) emit(this, LogLevel.error, message, tags, source);
  }
  critical(message: string, tags?: LogTags, source?: string): void {
    if (this.level <= LogLevel.critical) emit(this, LogLevel.critical, message, tags, source);
  }
}

const loggers = new Map<LoggerName, Logger>();
/** Level of loggers that nobody has asked for yet. */
const levels = new Map<LoggerName, LogLevel>();
let defaultLevel: LogLevel = LogLevel.info;
let format = compileLogFormat(DEFAULT_LOG_FORMAT);
let sink: LogSink | undefined;
let wall: () => number = () => performance.timeOrigin + performance.now();
const record: LogRecord = {
  wallMs: 0,
  level: LogLevel.info,
  name: '',
  message: '',
  tags: undefined,
  file: '',
  line: 0,
  functionName: '',
};

/** The logger of a component: always the same object, so a module may keep it. */
export function logger(name: LoggerName): Logger {
  let found = loggers.get(name);
  if (found === undefined) {
    found = new Logger(name, levels.get(name) ?? defaultLevel);
    loggers.set(name, found);
  }
  return found;
}

export interface LoggingOptions {
  readonly level?: LogLevel;
  readonly componentLevels?: readonly { readonly component: string; readonly level: LogLevel }[];
  /** spdlog pattern; default Envoy's. */
  readonly format?: string;
  /** Escape a whole line as C does, its newline apart (`--log-format-escaped`): one line stays one line. */
  readonly escaped?: boolean;
  /** File to append to; empty or absent: standard error. */
  readonly path?: string;
  /** Value of REMORA_DEBUG: `router,pool` or `*` puts those at debug, `router:trace` at trace, and lines are made for eyes. */
  readonly debug?: string | undefined;
  /** Number of the event loop, for %t; 0 is the main thread. */
  readonly thread?: number;
  /** For tests. */
  readonly sink?: LogSink;
  /** For tests: milliseconds since the epoch. */
  readonly wall?: () => number;
}

let escaped = false;

/** Sets everything up; may be called again. Throws what opening `path` throws, before anything has changed. */
export function configureLogging(options: LoggingOptions): void {
  const next = options.sink ?? (options.path ? new FileDescriptorSink(options.path) : undefined);
  if (next !== undefined) {
    sink?.flushSync();
    sink = next;
    hookExit();
  }
  const readable = options.debug !== undefined && options.debug !== '';
  const pattern = options.format ?? DEFAULT_LOG_FORMAT;
  format = compileLogFormat(readable && pattern === DEFAULT_LOG_FORMAT ? READABLE_LOG_FORMAT : pattern);
  escaped = options.escaped ?? false;
  if (options.thread !== undefined) setLogThread(options.thread);
  if (options.wall !== undefined) wall = options.wall;
  if (options.level !== undefined) setLogLevel('all', options.level);
  for (const { component, level } of options.componentLevels ?? []) setLogLevel(component, level);
  if (readable) applyDebug(options.debug);
}

function applyDebug(value: string): void {
  for (const item of value.split(',')) {
    const [name = '', level = 'debug'] = item.trim().split(':');
    if (name === '') continue;
    const target = name === '*' ? 'all' : name;
    if (!setLogLevel(target, parseLogLevel(level) ?? LogLevel.debug)) {
      logger('misc').warning(`REMORA_DEBUG: no component '${name}'; there are: ${LOGGER_NAMES.join(', ')}`);
    }
  }
}

/** Sets the level of one component or of all. False: there is no such component. */
export function setLogLevel(name: string, level: LogLevel): boolean {
  if (name === 'all') {
    defaultLevel = level;
    levels.clear();
    for (const each of loggers.values()) each.level = level;
  } else {
    if (!isLoggerName(name)) return false;
    levels.set(name, level);
    const found = loggers.get(name);
    if (found !== undefined) found.level = level;
  }
  return true;
}

/** Every component with the name of its level, in Envoy's order. */
export function listLoggers(): { name: LoggerName; level: string }[] {
  return LOGGER_NAMES.map((name) => ({ name, level: LEVEL_NAMES[levels.get(name) ?? defaultLevel] }));
}

/** Opens --log-path anew (SIGUSR1, after logrotate). Throws what `open` throws; the old file stays in use then. */
export function reopenLog(): void {
  sink?.reopen();
}

/** Resolves when every line so far has reached the file. */
export function flushLogs(): Promise<void> {
  return sink?.flush() ?? Promise.resolve();
}

let hooked = false;
function hookExit(): void {
  if (hooked) return;
  hooked = true;
  process.on('exit', () => sink?.flushSync());
}

function emit(
  from: Logger,
  level: LogLevel,
  message: string,
  tags: LogTags | undefined,
  source: string | undefined,
): void {
  if (sink === undefined) {
    sink = new FileDescriptorSink(2);
    hookExit();
  }
  record.wallMs = wall();
  record.level = level;
  record.name = from.name;
  record.message = message;
  record.tags = tags;
  record.file = record.functionName = '';
  record.line = 0;
  if (format.needsSource) locate(record, source);
  const line = format.format(record);
  sink.write(escaped ? escapeLine(line) : line);
}

const ROOT = new URL('../../', import.meta.url).href;
const FRAME = /^\s+at (?:(.*) \()?(.*):(\d+):\d+\)?$/;

/** The bundle passes the place along; in unbundled code the stack tells it, only for lines that are printed. */
function locate(target: LogRecord, source: string | undefined): void {
  if (source !== undefined) {
    const colon = source.lastIndexOf(':');
    target.file = source.slice(0, colon);
    target.line = Number(source.slice(colon + 1));
    return;
  }
  const holder: { stack?: string } = {};
  const limit = Error.stackTraceLimit;
  // locate, emit and the level's method stand above the caller.
  Error.stackTraceLimit = 4;
  Error.captureStackTrace(holder);
  Error.stackTraceLimit = limit;
  const frame = FRAME.exec(holder.stack?.split('\n')[4] ?? '');
  if (frame === null) return;
  const [, functionName = '', url = '', line = '0'] = frame;
  target.file = url.startsWith(ROOT) ? url.slice(ROOT.length) : url;
  target.line = Number(line);
  target.functionName = functionName.slice(functionName.lastIndexOf('.') + 1).trim();
}

function escapeLine(line: string): string {
  return `${cEscape(line.slice(0, -1))}\n`;
}
