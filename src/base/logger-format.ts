// Owns the format of a line: spdlog's pattern language as Envoy's --log-format takes it, compiled once.
// Checked operator by operator against Envoy 1.40. Time is local time, as Envoy prints it.
import { basename } from 'node:path';
import { LEVEL_LETTERS, LEVEL_NAMES, type LogLevel } from './logger-levels.ts';

export const DEFAULT_LOG_FORMAT = '[%Y-%m-%d %T.%e][%t][%l][%n] [%g:%#] %v';
/** For a person at a terminal (REMORA_DEBUG): no date, no source. */
export const READABLE_LOG_FORMAT = '%T.%e %-8!l %-10n %v';

/** What a line belongs to (`ConnectionId`, `StreamId`). Values are printed as text. */
export type LogTags = Readonly<Record<string, string | number>>;

/** One line before it is text. Reused: a formatter must not keep it. */
export interface LogRecord {
  /** Milliseconds since the epoch, with fractions. */
  wallMs: number;
  level: LogLevel;
  name: string;
  message: string;
  tags: LogTags | undefined;
  /** Path from the project's root; empty when not known. */
  file: string;
  line: number;
  functionName: string;
}

export interface LogFormatter {
  /** True when a record needs `line` and `functionName`, which cost a stack trace in unbundled code. */
  readonly needsSource: boolean;
  /** The line, with its newline. */
  format(record: LogRecord): string;
}

type Operator = (record: LogRecord, time: Date, elapsedMs: number) => string;

const two = (n: number): string => (n < 10 ? `0${n}` : `${n}`);
const pad = (n: number, width: number): string => String(n).padStart(width, '0');
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const;
const MONTHS = 'January February March April May June July August September October November December'.split(
  ' ',
) as readonly string[];
const day = (t: Date): string => DAYS[t.getDay()] ?? '';
const month = (t: Date): string => MONTHS[t.getMonth()] ?? '';
const clock = (t: Date): string => `${two(t.getHours())}:${two(t.getMinutes())}:${two(t.getSeconds())}`;
const hour12 = (t: Date): string => two(t.getHours() % 12 || 12);
const half = (t: Date): string => (t.getHours() < 12 ? 'AM' : 'PM');
const shortDate = (t: Date): string => `${two(t.getMonth() + 1)}/${two(t.getDate())}/${two(t.getFullYear() % 100)}`;
/** Fraction of the second in units of `perMs` for each millisecond. */
const fraction = (wallMs: number, perMs: number): number =>
  Math.floor((wallMs - Math.floor(wallMs / 1000) * 1000) * perMs);

function zone(t: Date): string {
  const minutes = -t.getTimezoneOffset();
  const absolute = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(absolute / 60))}:${two(absolute % 60)}`;
}

/** `[Tags: "ConnectionId":"4"] ` before the message, as Envoy writes them; empty without tags. */
function tagPrefix(tags: LogTags | undefined): string {
  return tags === undefined ? '' : `[Tags: ${tagList(tags)}] `;
}

function tagList(tags: LogTags): string {
  return Object.entries(tags)
    .map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(String(value))}`)
    .join(',');
}

const escapeNewlines = (text: string): string => text.replaceAll('\n', '\\n');
const jsonEscape = (text: string): string => JSON.stringify(text).slice(1, -1);

// Told by the worker itself: importing node:worker_threads to ask would cost every process 0.17 MB.
let thread = String(process.pid);

/** What %t prints from now on: `index` counts the event loops from 0, which is the main thread. */
export function setLogThread(index: number): void {
  thread = String(process.pid + index);
}

const OPERATORS: Readonly<Record<string, Operator>> = {
  v: (r) => tagPrefix(r.tags) + r.message,
  _: (r) => escapeNewlines(tagPrefix(r.tags) + r.message),
  j: (r) => jsonEscape(tagPrefix(r.tags) + r.message),
  '+': (r) => escapeNewlines(r.message),
  '*': (r) => (r.tags === undefined ? '' : `,${tagList(r.tags)}`),
  n: (r) => r.name,
  l: (r) => LEVEL_NAMES[r.level],
  L: (r) => LEVEL_LETTERS[r.level],
  t: () => thread,
  P: () => String(process.pid),
  g: (r) => r.file,
  s: (r) => basename(r.file),
  '#': (r) => (r.line === 0 ? '' : String(r.line)),
  '@': (r) => (r.file === '' ? '' : `${r.file}:${r.line}`),
  '!': (r) => r.functionName,
  Y: (_, t) => String(t.getFullYear()),
  C: (_, t) => two(t.getFullYear() % 100),
  m: (_, t) => two(t.getMonth() + 1),
  d: (_, t) => two(t.getDate()),
  a: (_, t) => day(t).slice(0, 3),
  A: (_, t) => day(t),
  b: (_, t) => month(t).slice(0, 3),
  h: (_, t) => month(t).slice(0, 3),
  B: (_, t) => month(t),
  c: (_, t) =>
    `${day(t).slice(0, 3)} ${month(t).slice(0, 3)} ${String(t.getDate()).padStart(2)} ${clock(t)} ${t.getFullYear()}`,
  D: (_, t) => shortDate(t),
  x: (_, t) => shortDate(t),
  H: (_, t) => two(t.getHours()),
  I: (_, t) => hour12(t),
  M: (_, t) => two(t.getMinutes()),
  S: (_, t) => two(t.getSeconds()),
  p: (_, t) => half(t),
  r: (_, t) => `${hour12(t)}:${two(t.getMinutes())}:${two(t.getSeconds())} ${half(t)}`,
  R: (_, t) => `${two(t.getHours())}:${two(t.getMinutes())}`,
  T: (_, t) => clock(t),
  X: (_, t) => clock(t),
  z: (_, t) => zone(t),
  e: (r) => pad(fraction(r.wallMs, 1), 3),
  f: (r) => pad(fraction(r.wallMs, 1000), 6),
  F: (r) => pad(fraction(r.wallMs, 1000) * 1000, 9),
  E: (r) => String(Math.floor(r.wallMs / 1000)),
  o: (_r, _t, elapsed) => String(Math.floor(elapsed)),
  i: (_r, _t, elapsed) => String(Math.floor(elapsed * 1000)),
  u: (_r, _t, elapsed) => String(Math.floor(elapsed * 1e6)),
  O: (_r, _t, elapsed) => String(Math.floor(elapsed / 1000)),
  // Begin and end of the coloured range: Envoy writes to a sink without colours.
  '^': () => '',
  $: () => '',
  '%': () => '%',
};

const SOURCE_OPERATORS = 'g#@!s';
/** spdlog's limit for the width of a field. */
const MAX_WIDTH = 64;
// Alignment, width, `!` to cut at the width (only after a width: alone it is the operator %!), operator.
const DIRECTIVE = /%([-=]?)(?:(\d+)(!?))?([\s\S])/y;

/** Compiles a pattern. Never fails: what is not an operator is printed as it stands, as spdlog does. */
export function compileLogFormat(pattern: string): LogFormatter {
  const parts: (string | Operator)[] = [];
  let needsSource = false;
  let at = 0;
  while (at < pattern.length) {
    const percent = pattern.indexOf('%', at);
    if (percent < 0) {
      parts.push(pattern.slice(at));
      break;
    }
    if (percent > at) parts.push(pattern.slice(at, percent));
    DIRECTIVE.lastIndex = percent;
    const match = DIRECTIVE.exec(pattern);
    if (match === null) break; // a lone % at the end is dropped
    at = percent + match[0].length;
    const [, align = '', width = '', cut = '', letter = ''] = match;
    const operator = OPERATORS[letter];
    if (operator === undefined) {
      parts.push(match[0]);
      continue;
    }
    if (SOURCE_OPERATORS.includes(letter)) needsSource = true;
    parts.push(width === '' ? operator : padded(operator, align, Math.min(Number(width), MAX_WIDTH), cut === '!'));
  }
  return new Pattern(parts, needsSource);
}

function padded(operator: Operator, align: string, width: number, cut: boolean): Operator {
  return (record, time, elapsed) => {
    const text = operator(record, time, elapsed);
    if (text.length >= width) return cut ? text.slice(0, width) : text;
    if (align === '-') return text.padEnd(width);
    if (align === '=') return text.padStart(text.length + ((width - text.length) >> 1)).padEnd(width);
    return text.padStart(width);
  };
}

class Pattern implements LogFormatter {
  readonly needsSource: boolean;
  readonly #parts: readonly (string | Operator)[];
  #previousMs = 0;

  constructor(parts: readonly (string | Operator)[], needsSource: boolean) {
    this.#parts = parts;
    this.needsSource = needsSource;
  }

  format(record: LogRecord): string {
    const time = new Date(record.wallMs);
    const elapsed = this.#previousMs === 0 ? 0 : Math.max(0, record.wallMs - this.#previousMs);
    this.#previousMs = record.wallMs;
    let line = '';
    for (const part of this.#parts) line += typeof part === 'string' ? part : part(record, time, elapsed);
    return `${line}\n`;
  }
}
