// Owns what a scenario may say of a connection of HTTP/2, and the check of it.
import { FRAME_KEYS, FRAME_KINDS } from './frames.ts';

/** Of a client's connection, or of all connections of an upstream. */
export interface Http2Options {
  /** What our SETTINGS say; by default windows of the largest size. */
  settings?: Record<string, number>;
  /** By how much the connection's window is made larger in the beginning, default by all that may be. */
  window?: number;
  /** `false`: no preface, or (upstreams) no SETTINGS. */
  preface?: boolean;
  /** `false`: SETTINGS are not acknowledged. */
  ack?: boolean;
  /** `false`: PINGs are not answered. */
  pong?: boolean;
}

const OPTION_KEYS = ['settings', 'window', 'preface', 'ack', 'pong'];
export const LARGEST_WINDOW = 2 ** 31 - 1;
export const FIRST_WINDOW = 65_535;

/** Null: a connection that is none of HTTP/2. */
export function http2Options(raw: unknown, file: string): Record<string, Http2Options | null> {
  const entries = mapping(raw ?? {}, file);
  for (const entry of Object.values(entries)) if (entry !== null) onlyKeys(mapping(entry, file), OPTION_KEYS, file);
  return entries as Record<string, Http2Options | null>;
}

/** Frames, as in a step or an action. */
export function checkFrames(raw: unknown, file: string): void {
  if (!Array.isArray(raw)) throw new Error(`${file}: expected a list of frames, found ${JSON.stringify(raw)}`);
  for (const entry of raw) {
    const frame = mapping(entry, file);
    onlyKeys(frame, FRAME_KEYS, file);
    if (!isFrame(frame)) throw new Error(`${file}: a frame needs one of ${FRAME_KINDS.join(', ')}`);
  }
}

export function isFrame(raw: object): boolean {
  return FRAME_KINDS.some((kind) => kind in raw);
}

function mapping(raw: unknown, file: string): Record<string, unknown> {
  if (raw === null || typeof raw !== 'object' || Array.isArray(raw)) throw new Error(`${file}: expected a mapping`);
  return raw as Record<string, unknown>;
}

function onlyKeys(raw: Record<string, unknown>, known: readonly string[], file: string): void {
  for (const key of Object.keys(raw)) {
    if (!known.includes(key)) throw new Error(`${file}: unknown key ${key}; known: ${known.join(', ')}`);
  }
}
