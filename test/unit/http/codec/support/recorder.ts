// Test doubles for both codecs: a connection that records what is written, owners that record what is decoded.

import {
  type ClientCodecCallbacks,
  type ClientStream,
  type CodecConnection,
  type CodecError,
  defaultHttp1Settings,
  type Http1CodecStats,
  type Http1Settings,
  type RequestDecoder,
  type ResetReason,
  type ResponseDecoder,
  type ServerCodecCallbacks,
  type ServerStream,
} from '../../../../../src/http/codec/api.ts';
import { createClientCodec, createServerCodec } from '../../../../../src/http/codec/h1/api.ts';
import type { HeaderMap, RequestHeaders, ResponseHeaders } from '../../../../../src/http/headers/header-map.ts';

export class Counter {
  value = 0;
  inc(): void {
    this.value++;
  }
}

export class RecordingConnection implements CodecConnection {
  output = '';
  writes = 0;
  disabled = 0;
  maxDisabled = 0;
  writeLatin1(text: string): void {
    this.output += text;
    this.writes++;
  }
  writeBuffer(data: Buffer): void {
    this.output += data.toString('latin1');
    this.writes++;
  }
  readDisable(disable: boolean): void {
    this.disabled += disable ? 1 : -1;
    if (this.disabled > this.maxDisabled) this.maxDisabled = this.disabled;
  }
  take(): string {
    const { output } = this;
    this.output = '';
    return output;
  }
}

export function testStats() {
  return {
    droppedHeadersWithUnderscores: new Counter(),
    metadataNotSupportedError: new Counter(),
    requestsRejectedWithUnderscoresInHeaders: new Counter(),
    responseFlood: new Counter(),
  } satisfies Http1CodecStats;
}

/** `name: value` lines of a header map. */
export function lines(headers: HeaderMap): string[] {
  const out: string[] = [];
  for (let i = 0; i < headers.size; i++) out.push(`${headers.nameAt(i).name}: ${headers.valueAt(i)}`);
  return out;
}

export class RecordedRequest implements RequestDecoder {
  readonly stream: ServerStream;
  headers: RequestHeaders | null = null;
  body = '';
  pieces = 0;
  trailers: string[] | null = null;
  complete = false;
  malformed: CodecError | null = null;
  resets: ResetReason[] = [];
  above = 0;
  below = 0;
  /** Called when the request is complete. */
  whenComplete: ((request: RecordedRequest) => void) | null = null;

  constructor(stream: ServerStream) {
    this.stream = stream;
    stream.callbacks = this;
  }
  decodeHeaders(headers: RequestHeaders, endStream: boolean): void {
    if (this.headers !== null) throw new Error('headers twice');
    this.headers = headers;
    if (endStream) this.#end();
  }
  decodeData(data: Buffer, endStream: boolean): void {
    if (this.headers === null || this.complete) throw new Error('data out of order');
    this.body += data.toString('latin1');
    this.pieces++;
    if (endStream) this.#end();
  }
  decodeTrailers(trailers: HeaderMap): void {
    this.trailers = lines(trailers);
    this.#end();
  }
  onMalformed(error: CodecError): void {
    this.malformed = error;
  }
  #end(): void {
    if (this.complete) throw new Error('ended twice');
    this.complete = true;
    this.whenComplete?.(this);
  }
  onResetStream(reason: ResetReason): void {
    this.resets.push(reason);
  }
  onAboveWriteBufferHighWatermark(): void {
    this.above++;
  }
  onBelowWriteBufferLowWatermark(): void {
    this.below++;
  }
}

export class ServerFixture implements ServerCodecCallbacks {
  readonly connection = new RecordingConnection();
  readonly stats = testStats();
  readonly requests: RecordedRequest[] = [];
  readonly completed: ServerStream[] = [];
  readonly errors: CodecError[] = [];
  exceptions = 0;
  readonly codec;
  whenComplete: ((request: RecordedRequest) => void) | null = null;

  constructor(settings: Partial<Http1Settings> = {}) {
    this.codec = createServerCodec(this.connection, this, { ...defaultHttp1Settings, ...settings }, this.stats);
  }
  newStream(stream: ServerStream): RequestDecoder {
    const request = new RecordedRequest(stream);
    request.whenComplete = this.whenComplete;
    this.requests.push(request);
    return request;
  }
  onStreamComplete(stream: ServerStream): void {
    this.completed.push(stream);
  }
  onGoAway(): void {}
  onCodecError(error: CodecError): void {
    this.errors.push(error);
  }
  onCodecException(): void {
    this.exceptions++;
  }
  /** Feeds text of one character per byte. */
  feed(text: string): CodecError | null {
    return this.codec.dispatch(Buffer.from(text, 'latin1'));
  }
  request(index = 0): RecordedRequest {
    const request = this.requests[index];
    if (request === undefined) throw new Error(`no request ${index}`);
    return request;
  }
}

export class RecordedResponse implements ResponseDecoder {
  informational: ResponseHeaders[] = [];
  headers: ResponseHeaders | null = null;
  body = '';
  pieces = 0;
  trailers: string[] | null = null;
  complete = false;
  resets: ResetReason[] = [];
  decode1xxHeaders(headers: ResponseHeaders): void {
    this.informational.push(headers);
  }
  decodeHeaders(headers: ResponseHeaders, endStream: boolean): void {
    if (this.headers !== null) throw new Error('headers twice');
    this.headers = headers;
    if (endStream) this.complete = true;
  }
  decodeData(data: Buffer, endStream: boolean): void {
    if (this.headers === null || this.complete) throw new Error('data out of order');
    this.body += data.toString('latin1');
    this.pieces++;
    if (endStream) this.complete = true;
  }
  decodeTrailers(trailers: HeaderMap): void {
    this.trailers = lines(trailers);
    this.complete = true;
  }
  onResetStream(reason: ResetReason): void {
    this.resets.push(reason);
  }
  onAboveWriteBufferHighWatermark(): void {}
  onBelowWriteBufferLowWatermark(): void {}
}

export class ClientFixture implements ClientCodecCallbacks {
  readonly connection = new RecordingConnection();
  readonly stats = testStats();
  readonly completed: boolean[] = [];
  readonly keepAlive: number[] = [];
  readonly codec;

  constructor(settings: Partial<Http1Settings> = {}) {
    this.codec = createClientCodec(this.connection, this, { ...defaultHttp1Settings, ...settings }, this.stats);
  }
  onStreamComplete(_stream: ClientStream, reusable: boolean): void {
    this.completed.push(reusable);
  }
  onGoAway(): void {}
  onKeepAliveTimeout(seconds: number): void {
    this.keepAlive.push(seconds);
  }
  onMaxStreamsChanged(): void {}
  open(): { stream: ClientStream; response: RecordedResponse } {
    const response = new RecordedResponse();
    const stream = this.codec.newStream(response);
    stream.callbacks = response;
    return { stream, response };
  }
  feed(text: string): CodecError | null {
    return this.codec.dispatch(Buffer.from(text, 'latin1'));
  }
}
