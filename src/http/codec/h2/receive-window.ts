// Owns receive windows (RFC 9113 section 5.2): how much the peer may still send, and when it is told of more.
import { protocolWindow, windowUpdateFrame } from './frames.ts';

export class ReceiveWindow {
  readonly size: number;
  /** What the peer may still send. */
  #left: number;
  /** Consumed, and not told. */
  #consumed = 0;

  /** `left`: what the peer knows of now. */
  constructor(size: number, left: number) {
    this.size = size;
    this.#left = left;
  }

  /** The peer has learned of another size; what it sent meanwhile may exceed it. */
  adjust(octets: number): void {
    this.#left += octets;
  }

  /** False: the peer has sent more than it may. */
  receive(octets: number): boolean {
    this.#left -= octets;
    return this.#left >= 0;
  }

  /**
   * What to tell the peer now; 0: not yet. Half of the window at a time: frames cost more than room. Half of what is left of it,
   * where others hold the rest: streams that nobody reads.
   */
  consume(octets: number): number {
    this.#consumed += octets;
    if (this.#consumed === 0 || this.#consumed < Math.min(this.size / 2, this.#left)) return 0;
    const increment = this.#consumed;
    this.#consumed = 0;
    this.#left += increment;
    return increment;
  }
}

interface Receiver {
  readonly id: number;
  readonly inputEnded: boolean;
  readonly receiveWindow: ReceiveWindow;
}

/** Who writes for it. */
export interface FrameWriter {
  writeFrame(frame: string): void;
}

/** Those of a connection: its own, and what its streams begin with. */
export class ReceiveWindows {
  readonly #writer: FrameWriter;
  readonly #own: ReceiveWindow;
  readonly #streamSize: number;
  /** Of a new stream, as far as the peer has acknowledged it (RFC 9113 section 6.9.2). */
  #acknowledged = protocolWindow;

  /** Octets. */
  constructor(writer: FrameWriter, connectionSize: number, streamSize: number) {
    const size = Math.max(protocolWindow, connectionSize);
    this.#writer = writer;
    this.#own = new ReceiveWindow(size, size);
    this.#streamSize = streamSize;
  }

  /** What to say at the beginning: the connection's window has no setting. */
  get announcement(): string {
    const extra = this.#own.size - protocolWindow;
    return extra > 0 ? windowUpdateFrame(0, extra) : '';
  }

  ofStream(): ReceiveWindow {
    return new ReceiveWindow(this.#streamSize, this.#acknowledged);
  }

  /** Until now the peer went by the protocol's own size. */
  onSettingsAcknowledged(streams: Iterable<{ readonly receiveWindow: ReceiveWindow }>): void {
    const change = this.#streamSize - this.#acknowledged;
    this.#acknowledged = this.#streamSize;
    if (change !== 0) for (const stream of streams) stream.receiveWindow.adjust(change);
  }

  receive(octets: number): boolean {
    return this.#own.receive(octets);
  }

  /** A stream's receiver has taken them. */
  consumed(stream: Receiver, octets: number): void {
    const increment = stream.inputEnded ? 0 : stream.receiveWindow.consume(octets);
    if (increment > 0) this.#writer.writeFrame(windowUpdateFrame(stream.id, increment));
    this.giveBack(octets);
  }

  giveBack(octets: number): void {
    const increment = this.#own.consume(octets);
    if (increment > 0) this.#writer.writeFrame(windowUpdateFrame(0, increment));
  }
}
