// Owns how a body leaves: as it is, chunked, or not at all. Guards the framing that the head announced: a body that a
// filter made longer or shorter than its Content-Length must not shift the next message on the connection.
import type { HeaderMap } from '../../headers/header-map.ts';
import type { NameInfo } from '../../headers/name.ts';
import type { BytesMeter, Http1Settings, OutputSink } from '../api.ts';

export const BodyFraming = {
  /** HEAD, 204, 304: what comes is thrown away. */
  None: 0,
  Length: 1,
  Chunked: 2,
  /** Raw bytes, or a body that the end of the connection ends. */
  UntilClose: 3,
} as const;
export type BodyFraming = (typeof BodyFraming)[keyof typeof BodyFraming];

export class BodyWriter {
  framing: BodyFraming = BodyFraming.None;
  /** Octets of the announced length still to come. */
  remaining = 0;
  /** More came than announced; it was cut. */
  overrun = false;
  readonly #sink: OutputSink;

  constructor(sink: OutputSink) {
    this.#sink = sink;
  }

  begin(framing: BodyFraming, length: number): void {
    this.framing = framing;
    this.remaining = length;
    this.overrun = false;
  }

  /** The peer can tell that the message is whole. */
  get exact(): boolean {
    return this.framing !== BodyFraming.Length || (this.remaining === 0 && !this.overrun);
  }

  /** Returns the octets written. */
  write(data: Buffer, endStream: boolean): number {
    const sink = this.#sink;
    const { length } = data;
    switch (this.framing) {
      case BodyFraming.None:
        return 0;
      case BodyFraming.UntilClose:
        if (length !== 0) sink.writeBuffer(data);
        return length;
      case BodyFraming.Length: {
        if (length === 0) return 0;
        if (length <= this.remaining) {
          this.remaining -= length;
          sink.writeBuffer(data);
          return length;
        }
        this.overrun = true;
        const rest = this.remaining;
        this.remaining = 0;
        if (rest !== 0) sink.writeBuffer(data.subarray(0, rest));
        return rest;
      }
      case BodyFraming.Chunked: {
        // A chunk of no octets would be the last one.
        if (length === 0) {
          if (!endStream) return 0;
          sink.writeLatin1('0\r\n\r\n');
          return 5;
        }
        const size = length.toString(16);
        sink.writeLatin1(`${size}\r\n`);
        sink.writeBuffer(data);
        sink.writeLatin1(endStream ? '\r\n0\r\n\r\n' : '\r\n');
        return size.length + length + (endStream ? 9 : 4);
      }
    }
  }

  /**
   * Ends the body and counts it; the fields are written only where trailers are enabled and the framing has a place for
   * them.
   */
  end(trailers: HeaderMap, settings: Http1Settings, meter: BytesMeter): void {
    if (this.framing !== BodyFraming.Chunked) return;
    const fields = settings.enableTrailers ? fieldLines(trailers) : '';
    const text = `0\r\n${fields}\r\n`;
    this.#sink.writeLatin1(text);
    meter.wireBytesSent += text.length;
    // Envoy's count: the lines without the last chunk and the empty line.
    meter.headerBytesSent += fields.length;
  }
}

/** As Envoy: no format of names is for trailers. */
function fieldLines(trailers: HeaderMap): string {
  const { entries } = trailers;
  let text = '';
  for (let i = 0; i < entries.length; i += 2) {
    text += `${(entries[i] as NameInfo).wire + (entries[i + 1] as string)}\r\n`;
  }
  return text;
}
