// Owns what is agreed on for a connection (RFC 9113 section 6.5) and the options and counters of our side, with Envoy's names
// and defaults (asked of Envoy 1.40 on the wire).
// Source: https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/core/v3/protocol.proto#config-core-v3-http2protocoloptions
import { calm } from './connection-errors.ts';
import {
  type ConnectionError,
  H2ErrorCode,
  largestWindow,
  minMaxFrameSize,
  protocolTableSize,
  protocolWindow,
} from './frames.ts';
import type { KeepaliveSettings } from './keepalive.ts';

export const SettingId = {
  HeaderTableSize: 0x1,
  EnablePush: 0x2,
  MaxConcurrentStreams: 0x3,
  InitialWindowSize: 0x4,
  MaxFrameSize: 0x5,
  MaxHeaderListSize: 0x6,
  /** RFC 8441. */
  EnableConnectProtocol: 0x8,
} as const;

export interface Http2Settings {
  readonly hpackTableSize: number;
  readonly maxConcurrentStreams: number;
  /** Octets. */
  readonly initialStreamWindow: number;
  readonly initialConnectionWindow: number;
  /** Extended CONNECT. */
  readonly allowConnect: boolean;
  readonly maxConsecutiveEmptyFrames: number;
  readonly maxPriorityFramesPerStream: number;
  readonly maxWindowUpdatesPerDataFrame: number;
  /** Frames that may wait for a peer that does not read: of all kinds, and answers to what it sends. */
  readonly maxOutboundFrames: number;
  readonly maxOutboundControlFrames: number;
  /** Streams that a client may reset: at once, and for each second. */
  readonly streamResetBurst: number;
  readonly streamResetRate: number;
  /** Identifiers and values that our SETTINGS begin with (custom_settings_parameters). */
  readonly customSettings: readonly (readonly [identifier: number, value: number])[];
  /** Null: the peer is not asked whether it lives. */
  readonly keepalive: KeepaliveSettings | null;
  /** A message that is malformed ends its stream only, not the connection. */
  readonly streamErrorOnInvalidMessage: boolean;
  /** Octets of names and values. */
  readonly maxHeadersBytes: number;
  readonly maxHeadersCount: number;
  readonly headersWithUnderscores: 'allow' | 'reject' | 'drop';
}

export const defaultHttp2Settings: Http2Settings = {
  hpackTableSize: 4096,
  maxConcurrentStreams: 1024,
  initialStreamWindow: 16 * 1024 * 1024,
  initialConnectionWindow: 24 * 1024 * 1024,
  allowConnect: false,
  maxConsecutiveEmptyFrames: 1,
  maxPriorityFramesPerStream: 100,
  maxWindowUpdatesPerDataFrame: 10,
  maxOutboundFrames: 10_000,
  maxOutboundControlFrames: 1000,
  streamResetBurst: 1000,
  streamResetRate: 33,
  customSettings: [],
  keepalive: null,
  streamErrorOnInvalidMessage: false,
  maxHeadersBytes: 60 * 1024,
  maxHeadersCount: 100,
  headersWithUnderscores: 'allow',
};

/** Entries of one frame: there are far fewer settings. */
const maxEntries = 32;

/** What the peer has said, before it has: the protocol's defaults. */
export class PeerSettings {
  headerTableSize = protocolTableSize;
  maxConcurrentStreams = Number.POSITIVE_INFINITY;
  initialWindow = protocolWindow;
  maxFrameSize = minMaxFrameSize;
  enableConnect = false;
  /** A server may not set it to 1 (RFC 9113 section 6.5.2). */
  largestEnablePush = 1;

  /**
   * A payload of a length that is a multiple of six. Null: taken, as far as it is known. `encoder` hears of every size of the
   * table: the smallest counts, even if another stands behind it (RFC 7541 section 4.2).
   */
  read(payload: Buffer, encoder: { setMaxTableSize(octets: number): void }): ConnectionError | null {
    if (payload.length > 6 * maxEntries) return tooMany;
    for (let at = 0; at < payload.length; at += 6) {
      const identifier = payload.readUInt16BE(at);
      const error = this.#take(identifier, payload.readUInt32BE(at + 2));
      if (error !== null) return error;
      if (identifier === SettingId.HeaderTableSize) encoder.setMaxTableSize(this.headerTableSize);
    }
    return null;
  }

  #take(identifier: number, value: number): ConnectionError | null {
    switch (identifier) {
      case SettingId.HeaderTableSize:
        this.headerTableSize = value;
        return null;
      case SettingId.EnablePush:
        return value > this.largestEnablePush ? bad('SETTINGS_ENABLE_PUSH', value) : null;
      case SettingId.MaxConcurrentStreams:
        this.maxConcurrentStreams = value;
        return null;
      case SettingId.InitialWindowSize:
        if (value > largestWindow) return bad('SETTINGS_INITIAL_WINDOW_SIZE', value, H2ErrorCode.FlowControlError);
        this.initialWindow = value;
        return null;
      case SettingId.MaxFrameSize:
        if (value < minMaxFrameSize || value > 0xffffff) return bad('SETTINGS_MAX_FRAME_SIZE', value);
        this.maxFrameSize = value;
        return null;
      case SettingId.EnableConnectProtocol:
        if (value > 1 || (this.enableConnect && value === 0)) return bad('SETTINGS_ENABLE_CONNECT_PROTOCOL', value);
        this.enableConnect = value === 1;
        return null;
      default:
        return null;
    }
  }
}

const tooMany: ConnectionError = calm('SETTINGS: too many setting entries');

function bad(name: string, value: number, code: H2ErrorCode = H2ErrorCode.ProtocolError): ConnectionError {
  return { code, message: `${name} may not be ${value}`, untold: true };
}

/** Of all connections together. */
interface Gauge {
  add(amount: number): void;
}

interface Counter {
  inc(): void;
}

/** Under `http2.`. */
export interface Http2CodecStats {
  readonly droppedHeadersWithUnderscores: Counter;
  readonly goawaySent: Counter;
  readonly headerOverflow: Counter;
  readonly headersCbNoStream: Counter;
  readonly inboundEmptyFramesFlood: Counter;
  readonly inboundPriorityFramesFlood: Counter;
  readonly inboundWindowUpdateFramesFlood: Counter;
  readonly keepaliveTimeout: Counter;
  readonly metadataEmptyFrames: Counter;
  readonly outboundControlFlood: Counter;
  readonly outboundFlood: Counter;
  readonly outboundFramesActive: Gauge;
  readonly outboundControlFramesActive: Gauge;
  /** Octets of DATA that wait for windows. */
  readonly pendingSendBytes: Gauge;
  readonly streamsActive: Gauge;
  readonly requestsRejectedWithUnderscoresInHeaders: Counter;
  readonly rxMessagingError: Counter;
  readonly rxReset: Counter;
  readonly streamRefusedErrors: Counter;
  readonly trailers: Counter;
  readonly txFlushTimeout: Counter;
  readonly txReset: Counter;
}
