// Owns what the header of a frame alone gives away: frames that stand on the wrong stream or have the wrong size
// (RFC 9113 section 6).
import { protocolError, sizeError, toldError } from './connection-errors.ts';
import { type ConnectionError, FrameFlag, FrameType } from './frames.ts';

interface Rule {
  readonly name: string;
  /** On a stream, on the connection (stream 0), or either. */
  readonly on: 'stream' | 'connection' | 'either';
  /** Octets: exactly so many; undefined: any number. */
  readonly length?: number;
}

/** By type. */
const rules: readonly Rule[] = [
  { name: 'DATA', on: 'stream' },
  { name: 'HEADERS', on: 'stream' },
  { name: 'PRIORITY', on: 'stream', length: 5 },
  { name: 'RST_STREAM', on: 'stream', length: 4 },
  { name: 'SETTINGS', on: 'connection' },
  { name: 'PUSH_PROMISE', on: 'stream' },
  { name: 'PING', on: 'connection', length: 8 },
  { name: 'GOAWAY', on: 'connection' },
  { name: 'WINDOW_UPDATE', on: 'either', length: 4 },
  { name: 'CONTINUATION', on: 'stream' },
];

const goAwayMinimum = 8;
const settingSize = 6;

/** Null also for types that nobody knows: they are skipped. */
export function judgeFrame(type: number, flags: number, streamId: number, length: number): ConnectionError | null {
  // Nearly all frames.
  if (streamId !== 0 && (type === FrameType.Data || type === FrameType.Headers)) return null;
  const rule = rules[type];
  if (rule === undefined) return null;
  if (rule.on === 'stream' && streamId === 0) {
    return type === FrameType.Data ? toldError('DATA: stream_id == 0') : protocolError(`${rule.name} on stream 0`);
  }
  if (rule.on === 'connection' && streamId !== 0) {
    // Envoy does not speak of this one, but h2spec wants it to.
    return type === FrameType.Ping ? toldError('PING on a stream') : protocolError(`${rule.name} on a stream`);
  }
  if (rule.length !== undefined && length !== rule.length) return wrongSize(rule.name, length);
  if (type === FrameType.GoAway && length < goAwayMinimum) return wrongSize(rule.name, length);
  if (type !== FrameType.Settings) return null;
  const wanted = (flags & FrameFlag.Ack) !== 0 ? length === 0 : length % settingSize === 0;
  return wanted ? null : wrongSize(rule.name, length);
}

function wrongSize(name: string, length: number): ConnectionError {
  return sizeError(`${name} with a payload of ${length} octets`);
}
