// grpc-js's client and server, which nobody here wrote, through the proxy: calls of every kind, deadlines, cancellation, status
// and metadata; in the clear and over TLS on both sides.
import {
  Client,
  type ClientReadableStream,
  credentials,
  Metadata,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import t, { type Test } from 'tap';
import { service } from '../integration/grpc/support.ts';
import { address } from '../support/bootstrap.ts';
import { type RunningProxy, remora } from '../support/remora.ts';
import { until } from '../support/until.ts';
import { downstreamTls, pemTexts, serverName, upstreamHttp2, upstreamTls } from './tls-setup.ts';

const texts = await pemTexts();
const bytes = (value: Buffer): Buffer => value;
const options = { 'grpc.max_receive_message_length': -1, 'grpc.max_send_message_length': -1 };

class EchoService {
  cancelled = 0;
  readonly #server = new Server(options);

  async listen(t: Test, tls: boolean): Promise<number> {
    const server = this.#server;
    server.addService(service, {
      unary: (
        call: { request: Buffer; metadata: Metadata },
        callback: (error: unknown, value?: Buffer, trailer?: Metadata) => void,
      ) => {
        const tail = new Metadata();
        tail.set('x-tail-bin', Buffer.from([0, 1, 255]));
        const code = Number(call.metadata.get('x-code')[0] ?? 0);
        if (code === 0) callback(null, call.request, tail);
        else if (code !== -1) callback({ code, details: 'wörds, and\tmore %', metadata: tail });
      },
      clientStream: (call: NodeJS.ReadableStream, callback: (error: unknown, value: Buffer) => void) => {
        let total = 0;
        call.on('data', (message: Buffer) => (total += message.length));
        call.on('end', () => callback(null, Buffer.from(String(total))));
      },
      serverStream: (call: ServerDuplexStream<Buffer, Buffer> & { request: Buffer }) => {
        call.on('cancelled', () => this.cancelled++);
        const count = call.request.readUInt32BE(0);
        for (let i = 0; i < count; i++) call.write(Buffer.alloc(10_000, i & 255));
        if (count < 1000) call.end();
      },
      bidi: (call: ServerDuplexStream<Buffer, Buffer>) => {
        call.on('cancelled', () => this.cancelled++);
        call.on('data', (message: Buffer) => call.write(message));
        call.on('end', () => call.end());
      },
    } as never);
    const pair = { private_key: Buffer.from(texts.key), cert_chain: Buffer.from(texts.cert) };
    const made = tls ? ServerCredentials.createSsl(null, [pair]) : ServerCredentials.createInsecure();
    t.teardown(() => server.forceShutdown());
    return new Promise((resolve, reject) => {
      server.bindAsync('127.0.0.1:0', made, (error, port) => (error === null ? resolve(port) : reject(error)));
    });
  }
}

interface Answer {
  readonly error: ServiceError | null;
  readonly value: Buffer | undefined;
}

function unary(client: Client, message: Buffer, metadata = new Metadata(), deadline = 20_000): Promise<Answer> {
  return new Promise((resolve) => {
    const { path } = service.unary;
    client.makeUnaryRequest(
      path,
      bytes,
      bytes,
      message,
      metadata,
      { deadline: Date.now() + deadline },
      (error, value) => resolve({ error, value }),
    );
  });
}

function collect(stream: ClientReadableStream<Buffer>): Promise<{ messages: Buffer[]; code: number }> {
  const messages: Buffer[] = [];
  return new Promise((resolve) => {
    stream.on('data', (message: Buffer) => messages.push(message));
    stream.on('error', () => undefined);
    stream.on('status', ({ code }) => resolve({ messages, code }));
  });
}

async function noneLeft(proxy: RunningProxy): Promise<void> {
  const names = ['http.test.downstream_rq_active', 'cluster.app.upstream_rq_active'];
  await until(() => names.every((name) => proxy.stat(name) === 0), 'the end of all calls');
}

for (const tls of [false, true]) {
  t.test(`grpc-js ${tls ? 'over TLS on both sides' : 'in the clear'}`, { timeout: 60_000 }, async (t) => {
    const echo = new EchoService();
    const port = await echo.listen(t, tls);
    const proxy = await remora(t, {
      connectionManager: tls ? {} : { codecType: 'HTTP2' },
      route: { timeout: '0s' },
      cluster: { ...upstreamHttp2(), ...(tls ? upstreamTls(texts) : {}) },
      ...(tls ? { chain: downstreamTls(texts) } : {}),
    }).to({ address: address(port) });
    const made = tls ? credentials.createSsl(Buffer.from(texts.ca)) : credentials.createInsecure();
    const client = new Client(`127.0.0.1:${proxy.port}`, made, {
      ...options,
      'grpc.ssl_target_name_override': serverName,
    });
    t.teardown(() => client.close());

    t.test('unary calls, small and of 4 MB, many at once', async (t) => {
      for (const size of [0, 1, 16_384, 4 << 20]) {
        const message = Buffer.alloc(size, 'm');
        const { error, value } = await unary(client, message);
        t.equal(error, null);
        t.ok(value?.equals(message), `${size} octets`);
      }
      const many = await Promise.all(Array.from({ length: 300 }, (_, i) => unary(client, Buffer.from(`message ${i}`))));
      t.ok(many.every(({ error, value }, i) => error === null && value?.toString() === `message ${i}`));
    });

    t.test('status, its words, and binary metadata behind it', async (t) => {
      for (const code of [1, 3, 5, 9, 14, 16]) {
        const metadata = new Metadata();
        metadata.set('x-code', String(code));
        const { error } = await unary(client, Buffer.alloc(0), metadata);
        t.match(error, { code, details: 'wörds, and\tmore %' });
        t.same(error?.metadata.get('x-tail-bin'), [Buffer.from([0, 1, 255])]);
      }
    });

    t.test('a deadline passes, and so does the call', async (t) => {
      const metadata = new Metadata();
      metadata.set('x-code', '-1');
      const { error } = await unary(client, Buffer.alloc(0), metadata, 150);
      t.equal(error?.code, status.DEADLINE_EXCEEDED);
      await noneLeft(proxy);
    });

    t.test('streams of the client, of the server, of both', async (t) => {
      const total = await new Promise<string>((resolve) => {
        const { path } = service.clientStream;
        const call = client.makeClientStreamRequest(path, bytes, bytes, (_error, value) => resolve(String(value)));
        for (let i = 0; i < 500; i++) call.write(Buffer.alloc(1000));
        call.end();
      });
      t.equal(total, '500000');
      const count = Buffer.alloc(4);
      count.writeUInt32BE(500);
      const { path } = service.serverStream;
      const { messages, code } = await collect(client.makeServerStreamRequest(path, bytes, bytes, count));
      t.equal(code, 0);
      t.ok(messages.length === 500 && messages.every((message, i) => message.equals(Buffer.alloc(10_000, i & 255))));
      const talk = client.makeBidiStreamRequest(service.bidi.path, bytes, bytes);
      const heard: string[] = [];
      await new Promise<void>((resolve) => {
        talk.on('data', (message: Buffer) => {
          heard.push(message.toString());
          if (heard.length === 100) talk.end();
          else talk.write(Buffer.from(`turn ${heard.length}`));
        });
        talk.on('status', () => resolve());
        talk.write(Buffer.from('turn 0'));
      });
      t.same(
        heard,
        Array.from({ length: 100 }, (_, i) => `turn ${i}`),
      );
    });

    t.test('who cancels is heard at the other end', async (t) => {
      const before = echo.cancelled;
      const endless = Buffer.alloc(4);
      endless.writeUInt32BE(2000);
      const call = client.makeServerStreamRequest(service.serverStream.path, bytes, bytes, endless);
      call.on('error', () => undefined);
      const ended = new Promise<number>((resolve) => call.on('status', ({ code }) => resolve(code)));
      call.once('data', () => call.cancel());
      t.equal(await ended, status.CANCELLED);
      await until(() => echo.cancelled > before, 'the cancellation');
      await noneLeft(proxy);
    });

    t.test('nobody there', async (t) => {
      const { error } = await new Promise<Answer>((resolve) => {
        client.makeUnaryRequest('/test.Service/Nothing', bytes, bytes, Buffer.alloc(0), (cause, value) =>
          resolve({ error: cause, value }),
        );
      });
      t.equal(error?.code, status.UNIMPLEMENTED);
    });
  });
}
