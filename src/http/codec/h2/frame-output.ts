// Owns what one connection writes frame by frame, counted, and the ends that come of it: a peer that reads too little of it, or
// does not answer a PING.
import { atTurnEnd, type TurnEnd } from '../../../base/turn.ts';
import type { CodecConnection } from '../api.ts';
import { flood } from './connection-errors.ts';
import { type ConnectionError, H2ErrorCode, pingFrame } from './frames.ts';
import type { KeepaliveOwner } from './keepalive.ts';
import { type FloodOwner, OutboundGuard } from './outbound-guard.ts';
import type { Http2CodecStats, Http2Settings } from './settings.ts';

/** Response-code details, as in Envoy. */
const controlFlood = 'codec_error:Too_many_control_frames_in_the_outbound_queue.';
const frameFlood = 'http2.outbound_frames_flood';

const pingOctets = 'keepaliv';

/** No error of the peer's: it is not listened to any longer. */
export const connectionGone: ConnectionError = { code: H2ErrorCode.NoError, message: 'the connection is closed' };

export interface OutputOwner {
  /** The connection is to be closed at once. */
  onUseless(details: string): void;
}

export class FrameOutput implements FloodOwner, KeepaliveOwner, TurnEnd {
  /** Too many frames wait for the peer: nothing more is read of it. */
  flood: ConnectionError | null = null;
  /** Frames of the peer are being read: who reads them looks at `flood`. */
  reading = false;
  readonly guard: OutboundGuard;
  readonly #connection: CodecConnection;
  readonly #owner: OutputOwner;
  readonly #stats: Http2CodecStats;

  constructor(owner: OutputOwner, connection: CodecConnection, settings: Http2Settings, stats: Http2CodecStats) {
    this.#owner = owner;
    this.#connection = connection;
    this.#stats = stats;
    this.guard = new OutboundGuard(this, connection, settings, stats);
  }

  writeFrame(frame: string): void {
    this.#connection.writeLatin1(frame);
    this.guard.onFrame();
  }

  /** An answer to what the peer sends, which costs it nothing. */
  writeControl(frame: string): void {
    this.#connection.writeLatin1(frame);
    this.guard.onControlFrame();
  }

  onOutboundFlood(control: boolean): void {
    const words = `too many ${control ? 'answers' : 'frames'} wait for the peer, which does not read`;
    this.flood = flood(words, control ? controlFlood : frameFlood);
    // Who writes now does not expect the connection to close under it.
    if (!this.reading) atTurnEnd(this);
  }

  onTurnEnd(): void {
    if (this.flood !== connectionGone) this.#owner.onUseless(frameFlood);
  }

  /** What was read with the frame that made us close is not looked at. */
  close(): void {
    this.flood = connectionGone;
    this.guard.clear();
  }

  sendPing(): void {
    this.writeFrame(pingFrame(pingOctets, false));
  }

  onKeepaliveTimeout(): void {
    this.#stats.keepaliveTimeout.inc();
    this.#owner.onUseless('downstream_local_disconnect(http2_ping_timeout)');
  }
}
