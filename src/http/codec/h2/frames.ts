// Owns the words of HTTP/2's framing (RFC 9113 sections 4, 6 and 7): types, flags, error codes, settings, and the writing of
// frames as byte strings.

export const FrameType = {
  Data: 0x0,
  Headers: 0x1,
  Priority: 0x2,
  RstStream: 0x3,
  Settings: 0x4,
  PushPromise: 0x5,
  Ping: 0x6,
  GoAway: 0x7,
  WindowUpdate: 0x8,
  Continuation: 0x9,
} as const;

export const FrameFlag = {
  /** Of DATA and HEADERS. */
  EndStream: 0x1,
  /** Of SETTINGS and PING. */
  Ack: 0x1,
  EndHeaders: 0x4,
  Padded: 0x8,
  Priority: 0x20,
} as const;

export const H2ErrorCode = {
  NoError: 0x0,
  ProtocolError: 0x1,
  InternalError: 0x2,
  FlowControlError: 0x3,
  SettingsTimeout: 0x4,
  StreamClosed: 0x5,
  FrameSizeError: 0x6,
  RefusedStream: 0x7,
  Cancel: 0x8,
  CompressionError: 0x9,
  ConnectError: 0xa,
  EnhanceYourCalm: 0xb,
  InadequateSecurity: 0xc,
  Http11Required: 0xd,
} as const;
export type H2ErrorCode = (typeof H2ErrorCode)[keyof typeof H2ErrorCode];

/** Why the connection must end, for the peer and for the log. */
export interface ConnectionError {
  readonly code: H2ErrorCode;
  /** In words. */
  readonly message: string;
  /** What GOAWAY says of it; `message` where nothing is given. */
  readonly debug?: string;
  /** Response-code details of the streams that end with it, where it is about a flood. */
  readonly flood?: string;
  /** The connection is closed without a GOAWAY that says so, as Envoy does of some. */
  readonly untold?: boolean;
}

export const frameHeaderSize = 9;
/** Octets of a payload that every endpoint takes (RFC 9113 section 4.2). */
export const minMaxFrameSize = 16_384;
export const largestWindow = 0x7fffffff;
/** Of every window, before anything else was said (section 6.9.2). */
export const protocolWindow = 65_535;
/** Of every HPACK table, likewise (section 6.5.2). */
export const protocolTableSize = 4096;

/** The nine octets in front of a payload of `length` octets. */
export function frameHeader(length: number, type: number, flags: number, streamId: number): string {
  return String.fromCharCode(
    length >>> 16,
    (length >>> 8) & 0xff,
    length & 0xff,
    type,
    flags,
    (streamId >>> 24) & 0x7f,
    (streamId >>> 16) & 0xff,
    (streamId >>> 8) & 0xff,
    streamId & 0xff,
  );
}

/** `values`: identifier and value in turn. */
export function settingsFrame(values: readonly (readonly [identifier: number, value: number])[]): string {
  let payload = '';
  for (const [identifier, value] of values) payload += uint16(identifier) + uint32(value);
  return frameHeader(payload.length, FrameType.Settings, 0, 0) + payload;
}

export const settingsAck = frameHeader(0, FrameType.Settings, FrameFlag.Ack, 0);

/** `opaque`: eight octets. */
export function pingFrame(opaque: string, ack: boolean): string {
  return frameHeader(8, FrameType.Ping, ack ? FrameFlag.Ack : 0, 0) + opaque;
}

/** `debug`: ASCII. */
export function goAwayFrame(lastStreamId: number, code: H2ErrorCode, debug: string): string {
  return frameHeader(8 + debug.length, FrameType.GoAway, 0, 0) + uint32(lastStreamId) + uint32(code) + debug;
}

export function rstStreamFrame(streamId: number, code: H2ErrorCode): string {
  return frameHeader(4, FrameType.RstStream, 0, streamId) + uint32(code);
}

export function windowUpdateFrame(streamId: number, increment: number): string {
  return frameHeader(4, FrameType.WindowUpdate, 0, streamId) + uint32(increment);
}

/** A header block in as many frames as it needs. */
export function headersFrames(block: string, streamId: number, endStream: boolean, maxFrameSize: number): string {
  const end = endStream ? FrameFlag.EndStream : 0;
  if (block.length <= maxFrameSize)
    return frameHeader(block.length, FrameType.Headers, end | FrameFlag.EndHeaders, streamId) + block;
  let text = frameHeader(maxFrameSize, FrameType.Headers, end, streamId) + block.slice(0, maxFrameSize);
  for (let at = maxFrameSize; at < block.length; at += maxFrameSize) {
    const part = block.slice(at, at + maxFrameSize);
    const flags = at + maxFrameSize >= block.length ? FrameFlag.EndHeaders : 0;
    text += frameHeader(part.length, FrameType.Continuation, flags, streamId) + part;
  }
  return text;
}

function uint16(value: number): string {
  return String.fromCharCode((value >>> 8) & 0xff, value & 0xff);
}

function uint32(value: number): string {
  return String.fromCharCode(value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff);
}
