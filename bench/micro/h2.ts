// Measures the HTTP/2 codec alone: CPU per exchange to parse and write a call's request and response, with ids that no other
// has, in blocks as common clients write them (bench/wire). `scripts/with-node node bench/micro/h2.ts [exchanges] [kind]`,
// kind: call or unary; with --cpu-prof to see where it goes.

import type {
  ClientCodecCallbacks,
  ClientStream,
  CodecConnection,
  RequestDecoder,
  ResponseDecoder,
  ServerCodecCallbacks,
  ServerStream,
  StreamCallbacks,
} from '../../src/http/codec/api.ts';
import { createHttp2ClientCodec, createHttp2ServerCodec, defaultHttp2Settings } from '../../src/http/codec/h2/api.ts';
import { FrameFlag, FrameType, frameHeader, settingsFrame, windowUpdateFrame } from '../../src/http/codec/h2/frames.ts';
import type { Http2CodecStats } from '../../src/http/codec/h2/settings.ts';
import { type HeaderMap, RequestHeaders, ResponseHeaders } from '../../src/http/headers/header-map.ts';
import {
  type CallKind,
  isGrpc,
  MESSAGE_LENGTH,
  requestFields,
  responseFields,
  SMALL_BODY_LENGTH,
} from '../wire/calls.ts';
import { Ids } from '../wire/ids.ts';
import { PreparedBlock } from '../wire/prepared-block.ts';

const exchanges = Number(process.argv[2] ?? 300_000);
const kind = (process.argv[3] ?? 'call') as CallKind;

/** Gathers text as a connection's output does, and throws it away once a turn's worth is there. */
class Sink implements CodecConnection {
  readonly out = Buffer.allocUnsafe(64 * 1024);
  text = '';
  writeLatin1(text: string): void {
    this.text += text;
  }
  writeBuffer(data: Buffer): void {
    this.text += data.toString('latin1');
  }
  flush(): void {
    this.out.write(this.text, 0, 'latin1');
    this.text = '';
  }
  readDisable(): void {}
}

const nothing = { inc(): void {}, add(): void {} };
const stats = new Proxy({} as Http2CodecStats, { get: () => nothing });

class Server implements ServerCodecCallbacks, RequestDecoder, StreamCallbacks {
  stream: ServerStream | null = null;
  headers: RequestHeaders | null = null;
  newStream(stream: ServerStream): RequestDecoder {
    this.stream = stream;
    stream.callbacks = this;
    return this;
  }
  onStreamComplete(): void {}
  onCodecException(): void {}
  onGoAway(): void {}
  decodeHeaders(headers: RequestHeaders): void {
    this.headers = headers;
  }
  decodeData(): void {}
  decodeTrailers(): void {}
  onMalformed(): void {
    throw new Error('malformed');
  }
  onResetStream(): void {
    throw new Error('reset');
  }
  onAboveWriteBufferHighWatermark(): void {}
  onBelowWriteBufferLowWatermark(): void {}
}

class Client implements ClientCodecCallbacks, ResponseDecoder {
  headers: ResponseHeaders | null = null;
  trailers: HeaderMap | null = null;
  onStreamComplete(): void {}
  onGoAway(): void {}
  onKeepAliveTimeout(): void {}
  onMaxStreamsChanged(): void {}
  decode1xxHeaders(): void {}
  decodeHeaders(headers: ResponseHeaders): void {
    this.headers = headers;
  }
  decodeData(): void {}
  decodeTrailers(trailers: HeaderMap): void {
    this.trailers = trailers;
  }
}

const down = new Sink();
const up = new Sink();
const server = new Server();
const serverCodec = createHttp2ServerCodec(down, server, defaultHttp2Settings, stats, 1 << 20);
const client = new Client();
const clientCodec = createHttp2ClientCodec(up, client, defaultHttp2Settings, stats, 1 << 20);
const greeting = settingsFrame([[4, 16 << 20]]) + windowUpdateFrame(0, 1 << 28);
serverCodec.dispatch(Buffer.from(`PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${greeting}`, 'latin1'));
clientCodec.dispatch(Buffer.from(greeting, 'latin1'));

const requestBlock = new PreparedBlock(requestFields(kind));
const responseBlock = new PreparedBlock(responseFields(kind));
const body = Buffer.alloc(isGrpc(kind) ? MESSAGE_LENGTH : SMALL_BODY_LENGTH, 'x');
const moreWindow = Buffer.from(windowUpdateFrame(0, 4096 * body.length), 'latin1');
const trailers = '\0\x0bgrpc-status\x010\0\x0cgrpc-message\0';
const ids = new Ids();
let id = -1;

const headersFrame = (block: string, end: boolean): string =>
  frameHeader(block.length, FrameType.Headers, FrameFlag.EndHeaders | (end ? FrameFlag.EndStream : 0), id) + block;
const dataFrame = (end: boolean): string =>
  frameHeader(body.length, FrameType.Data, end ? FrameFlag.EndStream : 0, id) + body.toString('latin1');

const requestBytes = Buffer.alloc(4096);
const responseBytes = Buffer.alloc(4096);
let requestLength = 0;
let responseLength = 0;

function prepare(): void {
  id += 2;
  ids.next();
  const request = headersFrame(requestBlock.write(id === 1, ids.code), !isGrpc(kind));
  requestLength = requestBytes.write(isGrpc(kind) ? request + dataFrame(true) : request, 'latin1');
  const response = headersFrame(responseBlock.write(id === 1, ids.code), false);
  responseLength = responseBytes.write(
    response + (isGrpc(kind) ? dataFrame(false) + headersFrame(trailers, true) : dataFrame(true)),
    'latin1',
  );
}

function parseRequest(): void {
  if (serverCodec.dispatch(requestBytes.subarray(0, requestLength)) !== null) throw new Error('request refused');
}
let clientStream: ClientStream;
function writeRequest(): void {
  clientStream = clientCodec.newStream(client);
  clientStream.encodeHeaders(server.headers ?? new RequestHeaders(), !isGrpc(kind));
  if (isGrpc(kind)) clientStream.encodeData(body, true);
}
function parseResponse(): void {
  if (clientCodec.dispatch(responseBytes.subarray(0, responseLength)) !== null) throw new Error('response refused');
}
function writeResponse(): void {
  server.stream?.encodeHeaders(client.headers ?? new ResponseHeaders(200), false);
  server.stream?.encodeData(body, !isGrpc(kind));
  if (client.trailers !== null) server.stream?.encodeTrailers(client.trailers);
}

const steps = [prepare, parseRequest, writeRequest, parseResponse, writeResponse] as const;
const spent = [0n, 0n, 0n, 0n, 0n];

function run(count: number, clocked: boolean): void {
  for (let i = 0; i < count; i++) {
    const sampled = clocked && (i & 15) === 0;
    for (let step = 0; step < steps.length; step++) {
      const begun = sampled ? process.hrtime.bigint() : 0n;
      (steps[step] as () => void)();
      if (sampled) spent[step] = (spent[step] as bigint) + process.hrtime.bigint() - begun;
    }
    if ((i & 15) === 0) {
      down.flush();
      up.flush();
    }
    if ((i & 4095) === 0) {
      const error = serverCodec.dispatch(moreWindow) ?? clientCodec.dispatch(moreWindow);
      if (error !== null) throw new Error(error.message);
    }
  }
}

run(exchanges / 3, false);
const start = process.cpuUsage();
run(exchanges, true);
const { user, system } = process.cpuUsage(start);
const each = (step: number): string => (Number(spent[step] ?? 0n) / (exchanges / 16) / 1000).toFixed(2);
console.log(`exchange: ${((user + system) / exchanges).toFixed(2)} µs CPU, of it ${each(0)} to prepare`);
console.log(
  `steps (with the clock's own cost): parse request ${each(1)}, write request ${each(2)}, parse response ${each(3)}, write response ${each(4)}`,
);
