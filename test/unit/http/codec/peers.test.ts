// Peers that nobody here wrote: undici and node:http as clients of the server codec, node:http as the upstream of the
// client codec, over loopback sockets.
import { once } from 'node:events';
import { createServer as createHttpServer, request as httpRequest, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import t from 'tap';
import { Client } from 'undici';
import {
  type ClientCodecCallbacks,
  type CodecConnection,
  defaultHttp1Settings,
  type RequestDecoder,
  ResetReason,
  type ServerCodec,
  type ServerCodecCallbacks,
  type ServerStream,
} from '../../../../src/http/codec/api.ts';
import { createClientCodec, createServerCodec } from '../../../../src/http/codec/h1/api.ts';
import { HeaderMap, RequestHeaders, ResponseHeaders } from '../../../../src/http/headers/header-map.ts';
import { headerName, Names } from '../../../../src/http/headers/name.ts';
import { RecordedRequest, RecordedResponse, testStats } from './support/recorder.ts';

class SocketConnection implements CodecConnection {
  readonly #socket: Socket;
  #disabled = 0;
  constructor(socket: Socket) {
    this.#socket = socket;
  }
  writeLatin1(text: string): void {
    this.#socket.write(text, 'latin1');
  }
  writeBuffer(data: Buffer): void {
    this.#socket.write(Buffer.from(data));
  }
  readDisable(disable: boolean): void {
    this.#disabled += disable ? 1 : -1;
    if (this.#disabled > 0) this.#socket.pause();
    else this.#socket.resume();
  }
}

/** Echoes each request: method, path and body; `/trailers` with trailers, `/close` closes. */
class Echo implements ServerCodecCallbacks {
  readonly codec: ServerCodec;
  readonly #socket: Socket;
  constructor(socket: Socket) {
    this.#socket = socket;
    this.codec = createServerCodec(
      new SocketConnection(socket),
      this,
      { ...defaultHttp1Settings, enableTrailers: true },
      testStats(),
    );
    socket.on('data', (data: Buffer) => {
      if (this.codec.dispatch(data) !== null) socket.end();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.codec.onConnectionClosed(ResetReason.ConnectionTermination);
    });
  }
  onCodecException(): void {
    this.#socket.destroy();
  }
  newStream(stream: ServerStream): RequestDecoder {
    const request = new RecordedRequest(stream);
    request.whenComplete = () => {
      setImmediate(() => {
        this.#answer(request);
      });
    };
    return request;
  }
  #answer({ stream, headers, body, trailers }: RecordedRequest): void {
    const text = Buffer.from(`${headers?.method} ${headers?.path} ${trailers?.join() ?? ''} ${body.length}`);
    const response = new ResponseHeaders(200);
    if (headers?.path === '/close') response.append(Names.connection, 'close');
    if (headers?.path !== '/trailers') {
      response.append(Names.contentLength, String(text.length));
      stream.encodeHeaders(response, false);
      stream.encodeData(text, true);
      return;
    }
    stream.encodeHeaders(response, false);
    stream.encodeData(text, false);
    const end = new HeaderMap();
    end.append(headerName('x-sum'), '7');
    stream.encodeTrailers(end);
  }
  onStreamComplete(): void {
    if (this.codec.wantsClose) this.#socket.end();
  }
  onGoAway(): void {}
}

async function listen(server: {
  listen(port: number, host: string): unknown;
  address(): AddressInfo | string | null;
  once(event: 'listening', listener: () => void): unknown;
}): Promise<number> {
  const listening = new Promise<void>((resolve) => {
    server.once('listening', resolve);
  });
  server.listen(0, '127.0.0.1');
  await listening;
  return (server.address() as AddressInfo).port;
}

t.test('undici as the client', async (t) => {
  const server = createServer((socket) => {
    new Echo(socket);
  });
  const port = await listen(server);
  const client = new Client(`http://127.0.0.1:${port}`, { pipelining: 8 });
  const asked = async (path: string, method: 'GET' | 'POST', body?: string): Promise<string> => {
    const response = await client.request({ path, method, ...(body === undefined ? {} : { body }) });
    return response.body.text();
  };
  const answers = await Promise.all([
    asked('/1', 'GET'),
    asked('/2', 'POST', 'hello'),
    asked('/3', 'POST', 'x'.repeat(300_000)),
    asked('/4', 'GET'),
    asked('/trailers', 'GET'),
  ]);
  t.same(answers, ['GET /1  0', 'POST /2  5', 'POST /3  300000', 'GET /4  0', 'GET /trailers  0']);
  const streamed = await client.request({
    path: '/5',
    method: 'POST',
    body: Readable.from(['ab', 'cde']),
  });
  t.equal(await streamed.body.text(), 'POST /5  5', 'chunked');
  const head = await client.request({ path: '/6', method: 'HEAD' });
  t.equal(head.statusCode, 200);
  t.equal(await head.body.text(), '');
  t.equal(await asked('/close', 'GET'), 'GET /close  0');
  t.equal(await asked('/again', 'GET'), 'GET /again  0', 'on a new connection');
  await client.destroy();
  server.close();
});

t.test('node:http as the client: trailers and Expect', async (t) => {
  const server = createServer((socket) => {
    new Echo(socket);
  });
  const port = await listen(server);
  const request = httpRequest({
    port,
    host: '127.0.0.1',
    agent: false,
    method: 'POST',
    path: '/trailers',
    headers: { trailer: 'x-up' },
  });
  request.addTrailers({ 'X-Up': '9' });
  request.end('body');
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of response) text += String(chunk);
  t.equal(text, 'POST /trailers x-up: 9 4');
  t.equal(response.trailers['x-sum'], '7');
  request.destroy();
  server.close();
});

t.test('node:http as the upstream', async (t) => {
  const upstream = createHttpServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const body = Buffer.concat(pieces).toString();
      if (request.url === '/hints') response.writeEarlyHints({ link: '</x>; rel=preload' });
      if (request.url === '/length') response.setHeader('content-length', 6);
      response.end(`${request.method} ${body.length}`.slice(0, 6));
    });
  });
  const port = await listen(upstream);
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  let done: (reusable: boolean) => void = () => {};
  const callbacks: ClientCodecCallbacks = {
    onStreamComplete: (_stream, reusable) => {
      done(reusable);
    },
    onGoAway() {},
    onKeepAliveTimeout() {},
    onMaxStreamsChanged() {},
  };
  const codec = createClientCodec(new SocketConnection(socket), callbacks, defaultHttp1Settings, testStats());
  socket.on('data', (data: Buffer) => {
    t.equal(codec.dispatch(data), null);
  });
  const ask = async (
    method: string,
    path: string,
    body: string[],
  ): Promise<{ response: RecordedResponse; reusable: boolean }> => {
    const complete = new Promise<boolean>((resolve) => {
      done = resolve;
    });
    const response = new RecordedResponse();
    const stream = codec.newStream(response);
    const headers = new RequestHeaders();
    Object.assign(headers, { method, path, authority: 'h' });
    stream.encodeHeaders(headers, body.length === 0);
    body.forEach((piece, i) => {
      stream.encodeData(Buffer.from(piece), i === body.length - 1);
    });
    return { response, reusable: await complete };
  };
  const first = await ask('GET', '/', []);
  t.match(first, { response: { body: 'GET 0' }, reusable: true });
  t.match(await ask('POST', '/length', ['a'.repeat(10), 'b'.repeat(1)]), {
    response: { body: 'POST 1' },
    reusable: true,
  });
  const hints = await ask('PUT', '/hints', ['abc']);
  t.same(
    hints.response.informational.map((headers) => headers.status),
    [103],
  );
  t.match(hints, { response: { body: 'PUT 3' }, reusable: true });
  t.match(await ask('HEAD', '/', []), { response: { body: '', complete: true }, reusable: true });
  socket.destroy();
  upstream.close();
  upstream.closeAllConnections();
});
