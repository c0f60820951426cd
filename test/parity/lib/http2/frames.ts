// Owns frames of HTTP/2 (RFC 9113 sections 4 and 6) as scenarios write them, one object for each, and as octets. Nothing is
// checked on the way out: a scenario may send what no client may.
import { encodeBlock, type Field, fieldOf } from './hpack.ts';

export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');

export const Type = {
  DATA: 0,
  HEADERS: 1,
  PRIORITY: 2,
  RST_STREAM: 3,
  SETTINGS: 4,
  PUSH_PROMISE: 5,
  PING: 6,
  GOAWAY: 7,
  WINDOW_UPDATE: 8,
  CONTINUATION: 9,
} as const;

export const Flag = { END_STREAM: 1, ACK: 1, END_HEADERS: 4, PADDED: 8, PRIORITY: 32 } as const;

export const ERRORS = [
  ...['NO_ERROR', 'PROTOCOL_ERROR', 'INTERNAL_ERROR', 'FLOW_CONTROL_ERROR', 'SETTINGS_TIMEOUT', 'STREAM_CLOSED'],
  ...['FRAME_SIZE_ERROR', 'REFUSED_STREAM', 'CANCEL', 'COMPRESSION_ERROR', 'CONNECT_ERROR', 'ENHANCE_YOUR_CALM'],
  ...['INADEQUATE_SECURITY', 'HTTP_1_1_REQUIRED'],
];

/** By identifier. */
export const SETTINGS: Readonly<Record<number, string>> = {
  1: 'HEADER_TABLE_SIZE',
  2: 'ENABLE_PUSH',
  3: 'MAX_CONCURRENT_STREAMS',
  4: 'INITIAL_WINDOW_SIZE',
  5: 'MAX_FRAME_SIZE',
  6: 'MAX_HEADER_LIST_SIZE',
  8: 'ENABLE_CONNECT_PROTOCOL',
};

/** A field is `name: value`, or the two of them where a name is odd. */
export type FieldSpec = string | [string, string];

/** Of every frame: its stream (else that of the request at hand), and flags instead of those that its keys come to. */
interface Common {
  stream?: number;
  flags?: number;
}

/** One frame (HEADERS may be several), told by its first key. `end`: it ends the stream. Errors and settings by name or number. */
export type FrameSpec = Common &
  (
    | { headers: FieldSpec[]; end?: boolean; padding?: number; priority?: Priority; split?: number[]; open?: boolean }
    | { data: string; times?: number; end?: boolean; padding?: number }
    | { rst: string | number }
    | { settings: Record<string, number> | 'ack' }
    | { ping: string; ack?: boolean; times?: number }
    | { goaway: string | number; last?: number; debug?: string }
    | { windowUpdate: number; times?: number }
    | { priority: Priority; times?: number }
    | { continuation: FieldSpec[]; open?: boolean }
    | { type: number; payload?: string }
    | { raw: string; times?: number }
  );

export interface Priority {
  on: number;
  weight?: number;
  exclusive?: boolean;
}

export const FRAME_KINDS = [
  ...[
    'headers',
    'data',
    'rst',
    'settings',
    'ping',
    'goaway',
    'windowUpdate',
    'priority',
    'continuation',
    'type',
    'raw',
  ],
];
export const FRAME_KEYS = [
  ...FRAME_KINDS,
  ...['stream', 'flags', 'end', 'padding', 'split', 'open', 'times', 'ack', 'last', 'debug', 'payload'],
];

export function fields(specs: readonly FieldSpec[]): Field[] {
  return specs.map((spec) => (typeof spec === 'string' ? fieldOf(spec) : spec));
}

export function errorName(code: number): string {
  return ERRORS[code] ?? String(code);
}

function errorCode(code: string | number): number {
  return typeof code === 'number' ? code : named(ERRORS.indexOf(code), code);
}

function named(number: number, name: string): number {
  if (Number.isNaN(number) || number < 0) throw new Error(`nothing in HTTP/2 is called ${name}`);
  return number;
}

export function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** `stream`: what a frame that names none is on. */
export function encode(spec: FrameSpec, stream: number): Buffer {
  const id = spec.stream ?? stream;
  const of = (type: number, flags: number, payload: Buffer, at = id) => frame(type, spec.flags ?? flags, at, payload);
  if ('headers' in spec) return encodeHeaders(spec, id);
  if ('data' in spec) {
    const flags = (spec.end === true ? Flag.END_STREAM : 0) | (spec.padding === undefined ? 0 : Flag.PADDED);
    return of(Type.DATA, flags, padded(Buffer.from(spec.data.repeat(spec.times ?? 1), 'latin1'), spec.padding));
  }
  if ('rst' in spec) return of(Type.RST_STREAM, 0, number(errorCode(spec.rst)));
  if ('settings' in spec) {
    const at = spec.stream ?? 0;
    if (spec.settings === 'ack') return of(Type.SETTINGS, Flag.ACK, Buffer.alloc(0), at);
    return of(Type.SETTINGS, 0, Buffer.concat(Object.entries(spec.settings).map(setting)), at);
  }
  if ('ping' in spec) {
    const opaque = Buffer.from(spec.ping, 'latin1');
    return repeat(of(Type.PING, spec.ack === true ? Flag.ACK : 0, opaque, spec.stream ?? 0), spec.times);
  }
  if ('goaway' in spec) {
    const debug = Buffer.from(spec.debug ?? '', 'latin1');
    const payload = Buffer.concat([number(spec.last ?? 0), number(errorCode(spec.goaway)), debug]);
    return of(Type.GOAWAY, 0, payload, spec.stream ?? 0);
  }
  if ('windowUpdate' in spec) return repeat(of(Type.WINDOW_UPDATE, 0, number(spec.windowUpdate)), spec.times);
  if ('priority' in spec) return repeat(of(Type.PRIORITY, 0, priority(spec.priority)), spec.times);
  if ('continuation' in spec) {
    const block = encodeBlock(fields(spec.continuation));
    return of(Type.CONTINUATION, spec.open === true ? 0 : Flag.END_HEADERS, block);
  }
  if ('type' in spec) return of(spec.type, 0, Buffer.from(spec.payload ?? '', 'hex'));
  return repeat(Buffer.from(spec.raw.replaceAll(' ', ''), 'hex'), spec.times);
}

function encodeHeaders(spec: Extract<FrameSpec, { headers: unknown }>, id: number): Buffer {
  const whole = encodeBlock(fields(spec.headers));
  const frames: Buffer[] = [];
  let at = 0;
  // What is behind the last cut is one frame; blocks that no frame of the smallest limit holds are cut by it.
  const cuts = [...(spec.split ?? []), whole.length];
  for (let from = 16_384; spec.split === undefined && from < whole.length; from += 16_384) cuts.splice(-1, 0, from);
  for (const [index, to] of cuts.entries()) {
    const part = whole.subarray(at, to);
    const last = index === cuts.length - 1 && spec.open !== true ? Flag.END_HEADERS : 0;
    at = to;
    if (index > 0) {
      frames.push(frame(Type.CONTINUATION, last, id, part));
      continue;
    }
    const first = spec.priority === undefined ? part : Buffer.concat([priority(spec.priority), part]);
    const flags =
      last |
      (spec.end === true ? Flag.END_STREAM : 0) |
      (spec.padding === undefined ? 0 : Flag.PADDED) |
      (spec.priority === undefined ? 0 : Flag.PRIORITY);
    frames.push(frame(Type.HEADERS, spec.flags ?? flags, id, padded(first, spec.padding)));
  }
  return Buffer.concat(frames);
}

function setting([name, value]: [string, number]): Buffer {
  const known = Object.entries(SETTINGS).find(([, text]) => text === name)?.[0];
  const octets = Buffer.alloc(6);
  octets.writeUInt16BE(named(Number(known ?? name), name), 0);
  octets.writeUInt32BE(value, 2);
  return octets;
}

function priority({ on, weight, exclusive }: Priority): Buffer {
  return Buffer.concat([number((exclusive === true ? 2 ** 31 : 0) + on), Buffer.of((weight ?? 16) - 1)]);
}

function padded(payload: Buffer, padding: number | undefined): Buffer {
  return padding === undefined ? payload : Buffer.concat([Buffer.of(padding), payload, Buffer.alloc(padding)]);
}

function number(value: number): Buffer {
  const octets = Buffer.alloc(4);
  octets.writeUInt32BE(value, 0);
  return octets;
}

function repeat(octets: Buffer, times = 1): Buffer {
  return times === 1 ? octets : Buffer.concat(Array.from({ length: times }, () => octets));
}
