// Measures the HTTP/1.1 codec alone: CPU per message to parse and to write a typical request and response of ten fields.
// `scripts/with-node node bench/micro/h1.ts [messages]`; with --cpu-prof to see where it goes. Aim: well below 3 µs each
// for parsing and writing together (issue 3: the proxy as a whole has about 25 µs for a request, half the kernel's).

import {
  type ClientCodecCallbacks,
  type ClientStream,
  type CodecConnection,
  defaultHttp1Settings,
  type Http1CodecStats,
  type RequestDecoder,
  type ResponseDecoder,
  type ServerCodecCallbacks,
  type ServerStream,
  type StreamCallbacks,
} from '../../src/http/codec/api.ts';
import { createClientCodec, createServerCodec } from '../../src/http/codec/h1/api.ts';
import { type HeaderMap, RequestHeaders, ResponseHeaders } from '../../src/http/headers/header-map.ts';

const request = Buffer.from(
  'GET /api/v1/products/1234567?fields=name,price HTTP/1.1\r\n' +
    'Host: products.default.svc.cluster.local:8080\r\n' +
    'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36\r\n' +
    'Accept: application/json, text/plain, */*\r\n' +
    'Accept-Encoding: gzip, deflate, br\r\n' +
    'Accept-Language: en-US,en;q=0.9\r\n' +
    'Authorization: Bearer eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.abc\r\n' +
    'Cookie: session=0123456789abcdef; theme=dark\r\n' +
    'X-Request-Id: 8b1c3a0e-5f0d-4b7e-9a55-0d2f6d7c1e11\r\n' +
    'X-Forwarded-For: 10.1.2.3\r\n' +
    'Cache-Control: no-cache\r\n\r\n',
  'latin1',
);
const body = '{"id":1234567,"name":"a product","price":12.5}';
const response = Buffer.from(
  'HTTP/1.1 200 OK\r\n' +
    'Content-Type: application/json; charset=utf-8\r\n' +
    `Content-Length: ${body.length}\r\n` +
    'Date: Mon, 23 Nov 2026 06:57:34 GMT\r\n' +
    'Server: app\r\n' +
    'ETag: "0123456789abcdef"\r\n' +
    'Cache-Control: private, max-age=60\r\n' +
    'Vary: Accept-Encoding\r\n' +
    'X-Content-Type-Options: nosniff\r\n' +
    'X-Trace-Id: 0af7651916cd43dd8448eb211c80319c\r\n' +
    'Strict-Transport-Security: max-age=31536000\r\n\r\n' +
    body,
  'latin1',
);

/** Copies what is written into one buffer, as the connection's output does. */
class Sink implements CodecConnection {
  readonly out = Buffer.allocUnsafe(64 * 1024);
  at = 0;
  writeLatin1(text: string): void {
    if (this.at + text.length > this.out.length) this.at = 0;
    this.at += this.out.write(text, this.at, 'latin1');
  }
  writeBuffer(data: Buffer): void {
    if (this.at + data.length > this.out.length) this.at = 0;
    this.out.set(data, this.at);
    this.at += data.length;
  }
  readDisable(): void {}
}

const none = { inc(): void {} };
const stats: Http1CodecStats = {
  droppedHeadersWithUnderscores: none,
  metadataNotSupportedError: none,
  requestsRejectedWithUnderscoresInHeaders: none,
  responseFlood: none,
};

class Server implements ServerCodecCallbacks, RequestDecoder, StreamCallbacks {
  stream: ServerStream | null = null;
  headers: RequestHeaders | null = null;
  newStream(stream: ServerStream): RequestDecoder {
    this.stream = stream;
    stream.callbacks = this;
    return this;
  }
  onStreamComplete(): void {}
  onCodecException(): void {
    throw new Error('an exception in the codec');
  }
  onGoAway(): void {}
  decodeHeaders(headers: RequestHeaders): void {
    this.headers = headers;
  }
  decodeData(): void {}
  decodeTrailers(): void {}
  onMalformed(): void {
    throw new Error('malformed');
  }
  onResetStream(): void {}
  onAboveWriteBufferHighWatermark(): void {}
  onBelowWriteBufferLowWatermark(): void {}
}

class Client implements ClientCodecCallbacks, ResponseDecoder {
  headers: ResponseHeaders | null = null;
  bytes = 0;
  onStreamComplete(_stream: ClientStream, reusable: boolean): void {
    if (!reusable) throw new Error('not reusable');
  }
  onGoAway(): void {}
  onKeepAliveTimeout(): void {}
  onMaxStreamsChanged(): void {}
  decode1xxHeaders(): void {}
  decodeHeaders(headers: ResponseHeaders): void {
    this.headers = headers;
  }
  decodeData(data: Buffer): void {
    this.bytes += data.length;
  }
  decodeTrailers(_trailers: HeaderMap): void {}
}

const sink = new Sink();
const server = new Server();
const serverCodec = createServerCodec(sink, server, defaultHttp1Settings, stats);
const client = new Client();
const clientCodec = createClientCodec(sink, client, defaultHttp1Settings, stats);
const answer = new ResponseHeaders(200);
const payload = Buffer.from(body);

function parseRequest(): void {
  if (serverCodec.dispatch(request) !== null) throw new Error('request refused');
}
function writeResponse(headers: ResponseHeaders): void {
  server.stream?.encodeHeaders(headers, false);
  server.stream?.encodeData(payload, true);
}
let clientStream: ClientStream;
function writeRequest(headers: RequestHeaders): void {
  clientStream = clientCodec.newStream(client);
  clientStream.encodeHeaders(headers, true);
}
function parseResponse(): void {
  if (clientCodec.dispatch(response) !== null) throw new Error('response refused');
}

/** One proxied exchange: the steps in the order of a proxy. */
function exchange(): void {
  parseRequest();
  writeRequest(server.headers ?? new RequestHeaders());
  parseResponse();
  writeResponse(client.headers ?? answer);
}

const messages = Number(process.argv[2] ?? 300_000);
for (let i = 0; i < messages / 3; i++) exchange();

const steps = [0n, 0n, 0n, 0n];
const start = process.cpuUsage();
const begun = process.hrtime.bigint();
for (let i = 0; i < messages; i++) exchange();
const wall = Number(process.hrtime.bigint() - begun) / 1000;
const cpu = process.cpuUsage(start);
// The steps apart, in batches of one clock reading each would drown in the clock: sample every 16th exchange.
let sampled = 0;
for (let i = 0; i < messages; i += 16) {
  const t0 = process.hrtime.bigint();
  parseRequest();
  const t1 = process.hrtime.bigint();
  writeRequest(server.headers ?? new RequestHeaders());
  const t2 = process.hrtime.bigint();
  parseResponse();
  const t3 = process.hrtime.bigint();
  writeResponse(client.headers ?? answer);
  const t4 = process.hrtime.bigint();
  steps[0] = (steps[0] ?? 0n) + t1 - t0;
  steps[1] = (steps[1] ?? 0n) + t2 - t1;
  steps[2] = (steps[2] ?? 0n) + t3 - t2;
  steps[3] = (steps[3] ?? 0n) + t4 - t3;
  sampled++;
}
const each = (index: number): string => (Number(steps[index] ?? 0n) / sampled / 1000).toFixed(2);
console.log(
  `exchange: ${((cpu.user + cpu.system) / messages).toFixed(2)} µs CPU, ${(wall / messages).toFixed(2)} µs wall`,
);
console.log(
  `steps (with the clock's own cost): parse request ${each(0)}, write request ${each(1)}, parse response ${each(2)}, write response ${each(3)}`,
);
