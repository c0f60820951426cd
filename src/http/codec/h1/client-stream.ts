// Owns one exchange as the client sees it: writes the request, and counts.
import { shouldNeverHappen } from '../../../base/assert.ts';
import type { HeaderMap, RequestHeaders } from '../../headers/header-map.ts';
import { wireName } from '../../headers/header-spelling.ts';
import { NameFlag, type NameInfo, Names } from '../../headers/name.ts';
import {
  BytesMeter,
  type ClientStream,
  type Http1Settings,
  type ResetReason,
  type ResponseDecoder,
  type StreamCallbacks,
} from '../api.ts';
import { BodyFraming, type BodyWriter } from './body-writer.ts';
import { parseContentLength } from './content-length.ts';
import { announcesEmptyBody } from './methods.ts';
import { RequestKind } from './response-head.ts';

/** What a stream needs of its codec. */
export interface ClientStreamOwner {
  readonly settings: Http1Settings;
  readonly bodyWriter: BodyWriter;
  writeLatin1(text: string): void;
  readDisable(disable: boolean): void;
  onRequestComplete(stream: H1ClientStream): void;
  onStreamReset(stream: H1ClientStream): void;
}

export class H1ClientStream implements ClientStream {
  callbacks: StreamCallbacks | null = null;
  readonly bytesMeter = new BytesMeter();
  readonly decoder: ResponseDecoder;
  /** What the framing of the answer depends on. */
  kind: RequestKind = RequestKind.Other;
  requestStarted = false;
  requestComplete = false;
  responseComplete = false;
  /** Neither side calls the other any more. */
  dead = false;
  /** The request did not go out as it should: nothing else may follow it. */
  spoilt = false;
  closesWithRequest = false;

  readonly #codec: ClientStreamOwner;
  #readDisables = 0;

  constructor(codec: ClientStreamOwner, decoder: ResponseDecoder) {
    this.#codec = codec;
    this.decoder = decoder;
  }

  encodeHeaders(headers: RequestHeaders, endStream: boolean): void {
    if (this.dead) return;
    this.requestStarted = true;
    const codec = this.#codec;
    const { settings } = codec;
    const { method, entries, authority, spelling } = headers;
    const proper = settings.headerKeyFormat === 'proper';
    const connect = method === 'CONNECT';
    const upgrade = headers.protocol !== '' && !connect;
    if (connect) this.kind = RequestKind.Connect;
    else if (upgrade) this.kind = RequestKind.Upgrade;
    else if (method === 'HEAD') this.kind = RequestKind.Head;
    let target = headers.path;
    if (connect) target = authority;
    else if (settings.sendFullyQualifiedUrl) target = `${headers.scheme}://${authority}${target}`;
    let text = `${method} ${target} HTTP/1.1\r\n`;
    // As Envoy: a host that a filter has removed is not sent as an empty one.
    if (authority !== '' || headers.emptyHost) text += `${wireName(Names.host, spelling, proper)}${authority}\r\n`;
    const lineLength = method.length + target.length + 12;
    let length = -1;
    let connection = false;
    let upgradeField = false;
    for (let i = 0; i < entries.length; i += 2) {
      const name = entries[i] as NameInfo;
      const value = entries[i + 1] as string;
      if ((name.flags & NameFlag.Framing) !== 0) {
        if (name === Names.transferEncoding || name === Names.host) continue;
        if (name === Names.contentLength) {
          if (connect) continue;
          length = parseContentLength(value);
          // A filter may have set what is no length: it would not frame the message.
          if (length === -1) continue;
        } else if (name === Names.connection) connection = true;
        else if (name === Names.upgrade) upgradeField = true;
      }
      text += wireName(name, spelling, proper) + value;
      text += '\r\n';
    }
    if (upgrade) {
      if (!connection) text += `${wireName(Names.connection, spelling, proper)}upgrade\r\n`;
      if (!upgradeField) text += `${wireName(Names.upgrade, spelling, proper)}${headers.protocol}\r\n`;
    }
    let framing: BodyFraming;
    if (upgrade || connect) framing = BodyFraming.UntilClose;
    else if (length !== -1) framing = BodyFraming.Length;
    else if (endStream) {
      framing = BodyFraming.None;
      if (announcesEmptyBody(method)) text += `${wireName(Names.contentLength, spelling, proper)}0\r\n`;
    } else {
      framing = BodyFraming.Chunked;
      text += `${wireName(Names.transferEncoding, spelling, proper)}chunked\r\n`;
    }
    text += '\r\n';
    codec.bodyWriter.begin(framing, length);
    this.bytesMeter.wireBytesSent += text.length;
    this.bytesMeter.headerBytesSent += text.length - lineLength - 2;
    codec.writeLatin1(text);
    if (endStream) this.#complete();
  }

  encodeData(data: Buffer, endStream: boolean): void {
    if (this.dead || this.requestComplete) return;
    this.bytesMeter.wireBytesSent += this.#codec.bodyWriter.write(data, endStream);
    if (endStream) this.#complete();
  }

  encodeTrailers(trailers: HeaderMap): void {
    if (this.dead || this.requestComplete) return;
    const { bodyWriter, settings } = this.#codec;
    bodyWriter.end(trailers, settings, this.bytesMeter);
    this.#complete();
  }

  resetStream(reason: ResetReason): void {
    if (this.dead) return;
    const { callbacks } = this;
    this.dead = true;
    callbacks?.onResetStream(reason, '');
    this.#codec.onStreamReset(this);
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

  #complete(): void {
    this.requestComplete = true;
    if (!this.#codec.bodyWriter.exact) {
      shouldNeverHappen('an HTTP/1 request body differs from its Content-Length');
      this.spoilt = true;
    }
    this.#codec.onRequestComplete(this);
  }
}
