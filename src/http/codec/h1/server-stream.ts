// Owns one exchange as the server sees it: writes the response, and counts.
import { shouldNeverHappen } from '../../../base/assert.ts';
import type { HeaderMap, ResponseHeaders } from '../../headers/header-map.ts';
import { wireName } from '../../headers/header-spelling.ts';
import { NameFlag, type NameInfo, Names } from '../../headers/name.ts';
import {
  BytesMeter,
  type Http1Settings,
  Protocol,
  type RequestDecoder,
  type ResetReason,
  type ServerStream,
  type StreamCallbacks,
} from '../api.ts';
import { BodyFraming, type BodyWriter } from './body-writer.ts';
import { parseContentLength } from './content-length.ts';
import { statusLine } from './status-line.ts';

/** What a stream needs of its codec. */
export interface ServerStreamOwner {
  readonly settings: Http1Settings;
  readonly bodyWriter: BodyWriter;
  /** No request after the present one is wanted. */
  readonly goingAway: boolean;
  writeLatin1(text: string): void;
  readDisable(disable: boolean): void;
  onResponseComplete(stream: H1ServerStream): void;
  onStreamReset(stream: H1ServerStream): void;
}

export class H1ServerStream implements ServerStream {
  callbacks: StreamCallbacks | null = null;
  readonly bytesMeter = new BytesMeter();
  protocol: Protocol = Protocol.Http11;
  /** Null until the owner's `newStream` returned. */
  decoder: RequestDecoder | null = null;
  requestComplete = false;
  responseStarted = false;
  responseComplete = false;
  /** Neither side calls the other any more. */
  dead = false;
  /** The connection ends after this exchange; the response says so. */
  closes = false;
  /** Outcome of the request's head, which the response's framing depends on. */
  headRequest = false;
  connectRequest = false;
  upgradeRequest = false;

  readonly #codec: ServerStreamOwner;
  #readDisables = 0;

  constructor(codec: ServerStreamOwner) {
    this.#codec = codec;
  }

  encode1xxHeaders(headers: ResponseHeaders): void {
    // HTTP/1.0 knows no informational responses (RFC 9110 section 15.2).
    if (this.dead || this.responseStarted || this.protocol === Protocol.Http10) return;
    const line = statusLine(headers.status, false, headers.spelling?.reasonPhrase);
    let text = line;
    const proper = this.#codec.settings.headerKeyFormat === 'proper';
    const { entries, spelling } = headers;
    for (let i = 0; i < entries.length; i += 2) {
      const name = entries[i] as NameInfo;
      if (name === Names.contentLength || name === Names.transferEncoding) continue;
      text += `${wireName(name, spelling, proper) + (entries[i + 1] as string)}\r\n`;
    }
    this.#writeHead(text, line.length);
  }

  encodeHeaders(headers: ResponseHeaders, endStream: boolean): void {
    if (this.dead || this.responseStarted) {
      if (!this.dead) shouldNeverHappen('HTTP/1 response headers sent twice');
      return;
    }
    this.responseStarted = true;
    const codec = this.#codec;
    const { status, entries, spelling } = headers;
    const http10 = this.protocol === Protocol.Http10;
    const proper = codec.settings.headerKeyFormat === 'proper';
    const tunnel = this.#opensTunnel(status);
    const bodiless = status === 204 || status < 200 || (this.connectRequest && tunnel);
    const line = statusLine(status, http10, spelling?.reasonPhrase);
    let text = line;
    let length = -1;
    let connection = false;
    for (let i = 0; i < entries.length; i += 2) {
      const name = entries[i] as NameInfo;
      const value = entries[i + 1] as string;
      if ((name.flags & NameFlag.Framing) !== 0) {
        if (name === Names.transferEncoding) continue;
        if (name === Names.contentLength) {
          // RFC 9110 section 8.6: neither 1xx, 204 nor the answer that opens a tunnel has a length.
          if (bodiless) continue;
          length = parseContentLength(value);
          // A filter may have set what is no length: it would not frame the message.
          if (length === -1) continue;
        } else if (name === Names.connection) {
          // The owner says `close` and ends the connection when it means to: it may serve on while it drains.
          connection = true;
        }
      }
      text += wireName(name, spelling, proper) + value;
      text += '\r\n';
    }
    // An upgrade that did not happen: what the client sent behind it cannot be told from a request.
    if ((this.upgradeRequest || this.connectRequest) && !tunnel) this.closes = true;
    if (codec.goingAway && !tunnel) this.closes = true;
    let framing: BodyFraming;
    if (tunnel) framing = BodyFraming.UntilClose;
    else if (bodiless || status === 304 || this.headRequest || (endStream && length <= 0)) framing = BodyFraming.None;
    else if (length !== -1) framing = BodyFraming.Length;
    else if (http10) {
      // HTTP/1.0 has no chunks: the body ends with the connection.
      framing = BodyFraming.UntilClose;
      this.closes = true;
    } else framing = BodyFraming.Chunked;
    if (!connection) {
      if (this.closes && !tunnel) text += `${wireName(Names.connection, spelling, proper)}close\r\n`;
      else if (http10 && !tunnel) text += `${wireName(Names.connection, spelling, proper)}keep-alive\r\n`;
    }
    if (length === -1 && !bodiless && !tunnel && status !== 304) {
      if (endStream && !this.headRequest) text += `${wireName(Names.contentLength, spelling, proper)}0\r\n`;
      // The answer to HEAD tells what GET would have got.
      else if (!http10) text += `${wireName(Names.transferEncoding, spelling, proper)}chunked\r\n`;
    }
    codec.bodyWriter.begin(framing, length);
    this.#writeHead(text, line.length);
    if (endStream) this.#complete();
  }

  encodeData(data: Buffer, endStream: boolean): void {
    if (this.dead || this.responseComplete) return;
    const writer = this.#codec.bodyWriter;
    this.bytesMeter.wireBytesSent += writer.write(data, endStream);
    if (endStream) this.#complete();
  }

  encodeTrailers(trailers: HeaderMap): void {
    if (this.dead || this.responseComplete) return;
    const { bodyWriter, settings } = this.#codec;
    bodyWriter.end(trailers, settings, this.bytesMeter);
    this.#complete();
  }

  resetStream(reason: ResetReason): void {
    if (this.dead) return;
    const { callbacks } = this;
    this.#codec.onStreamReset(this);
    callbacks?.onResetStream(reason, '');
  }

  readDisable(disable: boolean): void {
    if (this.dead) return;
    this.#readDisables += disable ? 1 : -1;
    this.#codec.readDisable(disable);
  }

  /** The exchange is over, one way or the other: the connection reads again. */
  release(): void {
    this.dead = true;
    while (this.#readDisables > 0) {
      this.#readDisables--;
      this.#codec.readDisable(false);
    }
  }

  #opensTunnel(status: number): boolean {
    return (this.upgradeRequest && status === 101) || (this.connectRequest && status >= 200 && status < 300);
  }

  #writeHead(text: string, lineLength: number): void {
    const whole = `${text}\r\n`;
    this.bytesMeter.wireBytesSent += whole.length;
    this.bytesMeter.headerBytesSent += whole.length - lineLength - 2;
    this.#codec.writeLatin1(whole);
  }

  #complete(): void {
    this.responseComplete = true;
    if (!this.#codec.bodyWriter.exact) {
      shouldNeverHappen('an HTTP/1 response body differs from its Content-Length');
      this.closes = true;
    }
    this.#codec.onResponseComplete(this);
  }
}
