// Slow readers at either end: memory stays bounded, nothing is lost.
import t from 'tap';
import { clientOf, grpcServer, proxyWith, Recorder, service, serviceCluster } from './support.ts';

const piece = Buffer.alloc(64 * 1024, 'x');
const count = 800;

t.test('the server reads slowly: the sender is told', async (t) => {
  const started = Promise.withResolvers<void>();
  let received = 0;
  const port = await grpcServer(t, {
    clientStream: (call, callback) => {
      call.on('data', (part: Buffer) => {
        received += part.length;
        if (received === piece.length) {
          call.pause();
          void started.promise.then(() => call.resume());
        }
      });
      call.on('end', () => callback(null, Buffer.from(String(received))));
    },
  });
  const proxy = await proxyWith(t, [serviceCluster([port])]);
  const recorder = new Recorder();
  const stream = clientOf(proxy).stream(service.clientStream.path, recorder);
  let sent = 0;
  const send = (): void => {
    while (sent < count && !stream.isAboveWriteBufferHighWatermark) {
      sent++;
      stream.sendMessage(piece, sent === count);
    }
  };
  recorder.onBelowWriteBufferLowWatermark = () => {
    recorder.below++;
    send();
  };
  send();
  while (recorder.above === 0 || stream.isAboveWriteBufferHighWatermark === false) {
    await new Promise((resolve) => setImmediate(resolve));
    if (sent === count) break;
  }
  await new Promise((resolve) => setTimeout(resolve, 100));
  t.ok(sent < count, `${sent} of ${count} were taken while nobody read`);
  t.ok(sent * piece.length < 32 * 1024 * 1024, 'windows and buffers are all that fills');
  started.resolve();
  t.equal((await recorder.status).code, 0);
  t.same(recorder.texts(), [String(count * piece.length)]);
  t.ok(recorder.below > 0);
});

t.test('this side reads slowly: the server is held back', async (t) => {
  let written = 0;
  const port = await grpcServer(t, {
    serverStream: (call) => {
      const write = (): void => {
        while (written < count) {
          written++;
          if (!call.write(piece)) {
            call.once('drain', write);
            return;
          }
        }
        call.end();
      };
      write();
    },
  });
  const window = {
    'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
      '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
      explicit_http_config: {
        http2_protocol_options: { initial_stream_window_size: 65536, initial_connection_window_size: 65536 },
      },
    },
  };
  const proxy = await proxyWith(t, [serviceCluster([port], { typed_extension_protocol_options: window })]);
  const recorder = new Recorder();
  recorder.keep = false;
  const stream = clientOf(proxy).stream(service.serverStream.path, recorder);
  stream.readDisable(true);
  stream.sendMessage(Buffer.from('go'), true);
  await new Promise((resolve) => setTimeout(resolve, 300));
  const whileHeld = written;
  t.ok(whileHeld < 100, `${whileHeld} messages were written while nobody read`);
  t.ok(recorder.bytes <= 65536);
  stream.readDisable(false);
  t.equal((await recorder.status).code, 0);
  t.equal(recorder.bytes, count * piece.length);
});
