// Owns how times of day are written: strftime's conversions, Envoy's %1f … %9f for fractions, and the standard form.
// Times arrive as milliseconds since the epoch with fractions. What belongs to a second is made once for each second.

/** Null operator parameters use one of the two standard forms below. */
export type TimeFormatter = (wallMs: number) => string;

const pad = (value: number, length = 2): string => String(value).padStart(length, '0');

/** `2026-11-23T07:15:32.391Z` */
export function isoMilliseconds(): TimeFormatter {
  let second = Number.NaN;
  let prefix = '';
  return (wallMs) => {
    const now = Math.floor(wallMs / 1000);
    if (now !== second) {
      second = now;
      prefix = new Date(now * 1000).toISOString().slice(0, 20);
    }
    return `${prefix}${threeDigits(Math.floor(wallMs - now * 1000))}Z`;
  };
}

/** `2026-11-23T07:15:32.391+0000`, in the zone of the process. */
export function isoWithOffset(): TimeFormatter {
  return compileTimeFormat('%Y-%m-%dT%H:%M:%S.%3f%z', true);
}

function threeDigits(value: number): string {
  return value > 99 ? `${value}` : value > 9 ? `0${value}` : `00${value}`;
}

interface CalendarTime {
  readonly year: number;
  /** 0 to 11. */
  readonly month: number;
  readonly day: number;
  readonly weekday: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  /** Seconds since the epoch. */
  readonly epoch: number;
  /** Minutes east of UTC. */
  readonly offset: number;
  readonly zone: string;
}

const weekdays = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const;
const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const;

const twelveHour = (time: CalendarTime): number => time.hour % 12 || 12;
const dayOfYear = (time: CalendarTime): number =>
  Math.round((Date.UTC(time.year, time.month, time.day) - Date.UTC(time.year, 0, 1)) / 86_400_000) + 1;
const date = (time: CalendarTime): string => `${time.year}-${pad(time.month + 1)}-${pad(time.day)}`;
const clock = (time: CalendarTime): string => `${pad(time.hour)}:${pad(time.minute)}:${pad(time.second)}`;
const weekdayName = (time: CalendarTime): string => weekdays[time.weekday] as string;
const monthName = (time: CalendarTime): string => months[time.month] as string;

/** Conversions of strftime in the C locale. */
const conversions: Readonly<Record<string, (time: CalendarTime) => string>> = {
  Y: (time) => String(time.year),
  C: (time) => pad(Math.floor(time.year / 100)),
  y: (time) => pad(time.year % 100),
  m: (time) => pad(time.month + 1),
  d: (time) => pad(time.day),
  e: (time) => String(time.day).padStart(2, ' '),
  j: (time) => pad(dayOfYear(time), 3),
  H: (time) => pad(time.hour),
  I: (time) => pad(twelveHour(time)),
  M: (time) => pad(time.minute),
  S: (time) => pad(time.second),
  p: (time) => (time.hour < 12 ? 'AM' : 'PM'),
  a: (time) => weekdayName(time).slice(0, 3),
  A: weekdayName,
  b: (time) => monthName(time).slice(0, 3),
  h: (time) => monthName(time).slice(0, 3),
  B: monthName,
  u: (time) => String(time.weekday || 7),
  w: (time) => String(time.weekday),
  F: date,
  T: clock,
  D: (time) => `${pad(time.month + 1)}/${pad(time.day)}/${pad(time.year % 100)}`,
  x: (time) => `${pad(time.month + 1)}/${pad(time.day)}/${pad(time.year % 100)}`,
  X: clock,
  R: (time) => `${pad(time.hour)}:${pad(time.minute)}`,
  r: (time) => `${pad(twelveHour(time))}:${pad(time.minute)}:${pad(time.second)} ${time.hour < 12 ? 'AM' : 'PM'}`,
  c: (time) =>
    `${weekdayName(time).slice(0, 3)} ${monthName(time).slice(0, 3)} ${String(time.day).padStart(2, ' ')} ${clock(time)} ${time.year}`,
  s: (time) => String(time.epoch),
  z: (time) => offsetText(time.offset),
  Z: (time) => time.zone,
  t: () => '\t',
  '%': () => '%',
};

function offsetText(minutes: number): string {
  const size = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${pad(Math.floor(size / 60))}${pad(size % 60)}`;
}

/** Text of one second (string) and fractions in turn. */
type Part = ((time: CalendarTime) => string) | { readonly fraction: number; readonly seconds: boolean };

/** What is no conversion stays as it is. */
export function compileTimeFormat(format: string, local: boolean): TimeFormatter {
  const parts: Part[] = [];
  const pattern = /%(?:([1-9]?)f|E([1-9*])([Sf])|([A-Za-z%]))/g;
  let at = 0;
  for (const match of format.matchAll(pattern)) {
    const [whole, digits, extended, kind, letter] = match;
    const literal = format.slice(at, match.index);
    if (literal !== '') parts.push(() => literal);
    at = match.index + whole.length;
    if (digits !== undefined) {
      parts.push({ fraction: digits === '' ? 9 : Number(digits), seconds: false });
    } else if (extended !== undefined) {
      parts.push({ fraction: extended === '*' ? 0 : Number(extended), seconds: kind === 'S' });
    } else {
      const conversion = conversions[letter as string];
      parts.push(conversion ?? (() => whole));
    }
  }
  const tail = format.slice(at);
  if (tail !== '') parts.push(() => tail);
  return evaluate(parts, local);
}

function evaluate(parts: readonly Part[], local: boolean): TimeFormatter {
  let second = Number.NaN;
  let texts: string[] = [];
  return (wallMs) => {
    const now = Math.floor(wallMs / 1000);
    if (now !== second) {
      second = now;
      const time = calendarTime(now, local);
      texts = parts.map((part) => (typeof part === 'function' ? part(time) : part.seconds ? pad(time.second) : ''));
    }
    let result = '';
    for (let i = 0; i < parts.length; i++) {
      const part = parts[i] as Part;
      result += texts[i] as string;
      if (typeof part !== 'function') result += fractionText(wallMs - now * 1000, part.fraction, part.seconds);
    }
    return result;
  };
}

/**
 * Digits 0: as many as there are, for %E*S. The clock is read in microseconds, and a double of milliseconds since 1970
 * holds quarters of one: what falls short by that much is whole.
 */
function fractionText(milliseconds: number, digits: number, seconds: boolean): string {
  const micros = pad(Math.min(999_999, Math.floor(milliseconds * 1000 + 0.3)), 6);
  const text = digits === 0 ? micros.replace(/0+$/, '') : micros.padEnd(9, '0').slice(0, digits);
  return seconds && text !== '' ? `.${text}` : text;
}

function calendarTime(epoch: number, local: boolean): CalendarTime {
  const moment = new Date(epoch * 1000);
  if (!local) {
    return {
      year: moment.getUTCFullYear(),
      month: moment.getUTCMonth(),
      day: moment.getUTCDate(),
      weekday: moment.getUTCDay(),
      hour: moment.getUTCHours(),
      minute: moment.getUTCMinutes(),
      second: moment.getUTCSeconds(),
      epoch,
      offset: 0,
      zone: 'UTC',
    };
  }
  return {
    year: moment.getFullYear(),
    month: moment.getMonth(),
    day: moment.getDate(),
    weekday: moment.getDay(),
    hour: moment.getHours(),
    minute: moment.getMinutes(),
    second: moment.getSeconds(),
    epoch,
    offset: -moment.getTimezoneOffset(),
    zone: /\(([^)]*)\)|$/.exec(moment.toTimeString())?.[1] ?? '',
  };
}
