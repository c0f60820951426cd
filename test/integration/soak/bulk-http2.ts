// Owns soak (e): large bodies over HTTP/2 on either side while their reader stands still again and again. What the proxy holds
// must be bounded by windows and watermarks: its anonymous memory is measured at each standstill.
import { createServer as createHttpServer, type Server } from 'node:http';
import { type ClientHttp2Stream, connect, createServer, type Http2Server, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { BodyReader, BodySender } from './body-stream.ts';
import { allowedGrowth } from './bulk-body.ts';
import { type ProxyName, type ProxyUnderSoak, startProxy } from './proxy.ts';

export interface BulkHttp2Options {
  readonly proxy: ProxyName;
  readonly upstreamHttp2: boolean;
  /** Of each body. */
  readonly bytes: number;
  readonly standstills: number;
  readonly bufferLimit: number;
}

/** In bytes. */
export interface BulkHttp2Report {
  readonly direction: 'upload' | 'download';
  readonly received: number;
  readonly before: number;
  readonly highest: number;
  readonly seconds: number;
}

/** Watermarks, the windows of streams and connections on both sides, and what the collector has not found yet: frames are small. */
export function allowedHttp2Growth(bufferLimit: number): number {
  return allowedGrowth(bufferLimit) + (16 << 20);
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Both ends of one body. */
class Transfer {
  readonly #reader: BodyReader;
  sender: BodySender | undefined;
  source: Readable | undefined;
  failure: unknown;
  /** Where the reader stops next. */
  stop = Number.POSITIVE_INFINITY;

  constructor(bytes: number) {
    this.#reader = new BodyReader(bytes);
  }

  get received(): number {
    return this.#reader.received;
  }

  get done(): boolean {
    return this.#reader.done;
  }

  send(to: Writable, bytes: number): void {
    to.on('error', () => undefined);
    this.sender = new BodySender(to, bytes, 'content-length');
    this.sender.send();
  }

  read(from: Readable): void {
    this.source = from;
    from.on('error', (error) => (this.failure = error));
    from.on('data', (data: Buffer) => {
      try {
        this.#reader.feed(data);
      } catch (error) {
        this.failure = error;
      }
      if (this.received >= this.stop) from.pause();
    });
  }

  /** Until nothing moves any more. */
  async standstill(): Promise<void> {
    for (let same = 0, last = -1; same < 8; await wait(25)) {
      if (this.failure !== undefined) throw this.failure;
      const taken = this.sender?.taken ?? -1;
      same = taken === last && taken > 0 && (this.received >= this.stop || this.done) ? same + 1 : 0;
      last = taken;
    }
  }
}

type Handler = (request: Readable, response: Writable, upload: boolean) => void;

function upstreamOf(http2: boolean, handle: Handler): Server | Http2Server {
  if (!http2) return createHttpServer((request, response) => handle(request, response, request.method === 'POST'));
  const server = createServer({ settings: { initialWindowSize: 65_535 } });
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    stream.respond({ ':status': 200 });
    handle(stream, stream, headers[':method'] === 'POST');
  });
  return server;
}

export async function soakBulkHttp2(options: BulkHttp2Options): Promise<BulkHttp2Report[]> {
  const { bytes, standstills, bufferLimit, upstreamHttp2 } = options;
  let transfer = new Transfer(bytes);
  const server = upstreamOf(upstreamHttp2, (request, response, upload) => {
    if (upload) transfer.read(request);
    else transfer.send(response, bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const upstreamPort = (server.address() as AddressInfo).port;
  const proxy: ProxyUnderSoak = await startProxy(options.proxy, { upstreamPort, bufferLimit, upstreamHttp2 });
  const client = connect(`http://127.0.0.1:${proxy.port}`);
  const reports: BulkHttp2Report[] = [];
  try {
    // What the first request loads is not what a body holds.
    const first = ask(client.request({ ':method': 'GET', ':path': '/' }), transfer, bytes, 'download');
    await measure(first, transfer, bytes, 0, proxy);
    const before = proxy.memory().anonymous;
    for (const direction of ['download', 'upload'] as const) {
      const started = performance.now();
      transfer = new Transfer(bytes);
      const method = direction === 'upload' ? 'POST' : 'GET';
      const stream = ask(client.request({ ':method': method, ':path': '/' }), transfer, bytes, direction);
      const highest = await measure(stream, transfer, bytes, standstills, proxy);
      reports.push({
        direction,
        received: transfer.received,
        before,
        highest,
        seconds: (performance.now() - started) / 1000,
      });
    }
    return reports;
  } finally {
    client.destroy();
    await proxy.stop();
    server.close();
  }
}

function ask(
  stream: ClientHttp2Stream,
  transfer: Transfer,
  bytes: number,
  direction: BulkHttp2Report['direction'],
): ClientHttp2Stream {
  if (direction === 'upload') transfer.send(stream, bytes);
  else transfer.read(stream.end());
  return stream;
}

/** The most memory at a standstill. */
async function measure(
  stream: ClientHttp2Stream,
  transfer: Transfer,
  bytes: number,
  standstills: number,
  proxy: ProxyUnderSoak,
): Promise<number> {
  let highest = 0;
  for (let i = 1; i <= standstills; i++) {
    transfer.stop = (bytes / (standstills + 1)) * i;
    transfer.source?.resume();
    await transfer.standstill();
    highest = Math.max(highest, proxy.memory().anonymous);
  }
  transfer.stop = Number.POSITIVE_INFINITY;
  transfer.source?.resume();
  while (!transfer.done && transfer.failure === undefined) await wait(20);
  if (transfer.failure !== undefined) throw transfer.failure;
  stream.close();
  return highest;
}
