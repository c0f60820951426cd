// Owns the count of frames that were written and that the peer has not let the kernel take (max_outbound_frames,
// max_outbound_control_frames; CVE-2019-9512, 9514, 9515): whoever makes us answer and does not read ends its connection.
// Per frame this is an addition and a comparison. How much has gone is looked up only every so many frames, by marks: so many
// frames had been written when the connection's output was so long.
import type { CodecConnection } from '../api.ts';
import type { Http2CodecStats, Http2Settings } from './settings.ts';

/** Marks within a limit: what has gone is known to such a part of it. */
const marksPerLimit = 16;

interface Mark {
  /** Octets of the connection's output. */
  readonly position: number;
  readonly frames: number;
  readonly controlFrames: number;
}

export interface FloodOwner {
  /** `control`: by answers to what the peer sent. Told once. */
  onOutboundFlood(control: boolean): void;
}

export class OutboundGuard {
  readonly #owner: FloodOwner;
  readonly #connection: CodecConnection;
  readonly #stats: Http2CodecStats;
  readonly #maxFrames: number;
  readonly #maxControlFrames: number;
  readonly #step: number;
  readonly #marks: Mark[] = [];
  #frames = 0;
  #controlFrames = 0;
  /** Of these, taken by the kernel. */
  #goneFrames = 0;
  #goneControlFrames = 0;
  /** Counts at which to look again. */
  #lookAt: number;
  #lookAtControl: number;
  #flooded = false;
  /** What the gauges know of. */
  #toldFrames = 0;
  #toldControlFrames = 0;

  constructor(owner: FloodOwner, connection: CodecConnection, settings: Http2Settings, stats: Http2CodecStats) {
    this.#owner = owner;
    this.#connection = connection;
    this.#stats = stats;
    this.#maxFrames = settings.maxOutboundFrames;
    this.#maxControlFrames = settings.maxOutboundControlFrames;
    this.#step = Math.max(1, Math.floor(Math.min(this.#maxFrames, this.#maxControlFrames) / marksPerLimit));
    this.#lookAt = this.#step;
    this.#lookAtControl = this.#step;
  }

  /** A frame has been written. */
  onFrame(): void {
    if (++this.#frames >= this.#lookAt) this.#look();
  }

  /** An answer to a PING or SETTINGS, or RST_STREAM, has been written. */
  onControlFrame(): void {
    this.#frames++;
    if (++this.#controlFrames >= this.#lookAtControl || this.#frames >= this.#lookAt) this.#look();
  }

  #look(): void {
    this.#forgetGone();
    const position = this.#connection.outgoing?.given ?? 0;
    this.#marks.push({ position, frames: this.#frames, controlFrames: this.#controlFrames });
    this.#lookAt = this.#frames + this.#step;
    this.#lookAtControl = this.#controlFrames + this.#step;
    if (this.#flooded) return;
    const control = this.#controlFrames - this.#goneControlFrames > this.#maxControlFrames;
    if (!control && this.#frames - this.#goneFrames <= this.#maxFrames) return;
    this.#flooded = true;
    this.settle();
    (control ? this.#stats.outboundControlFlood : this.#stats.outboundFlood).inc();
    this.#owner.onOutboundFlood(control);
  }

  #forgetGone(): void {
    const { outgoing } = this.#connection;
    const marks = this.#marks;
    if (outgoing === undefined || outgoing.taken >= outgoing.given) {
      marks.length = 0;
      this.#goneFrames = this.#frames;
      this.#goneControlFrames = this.#controlFrames;
      return;
    }
    const { taken } = outgoing;
    let gone = 0;
    while (gone < marks.length && (marks[gone] as Mark).position <= taken) gone++;
    if (gone === 0) return;
    const last = marks[gone - 1] as Mark;
    this.#goneFrames = last.frames;
    this.#goneControlFrames = last.controlFrames;
    marks.splice(0, gone);
  }

  /** Tells the gauges how many frames wait. They are asked for while the connection's output is above its limit. */
  settle(): void {
    this.#forgetGone();
    this.#tell(this.#frames - this.#goneFrames, this.#controlFrames - this.#goneControlFrames);
  }

  /** None waits any more, or nobody waits for them. */
  clear(): void {
    this.#tell(0, 0);
  }

  #tell(frames: number, controlFrames: number): void {
    if (frames === this.#toldFrames && controlFrames === this.#toldControlFrames) return;
    this.#stats.outboundFramesActive.add(frames - this.#toldFrames);
    this.#stats.outboundControlFramesActive.add(controlFrames - this.#toldControlFrames);
    this.#toldFrames = frames;
    this.#toldControlFrames = controlFrames;
  }
}
