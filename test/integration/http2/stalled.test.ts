// Clients that never open their windows: what waits for them is bounded, and others are served.
import { once } from 'node:events';
import { connect } from 'node:http2';
import t from 'tap';
import { remora } from '../../support/remora.ts';
import { until } from '../../support/until.ts';
import { upstream } from './upstreams.ts';

t.test('streams without a window hold no more than their buffers, and nobody else up', async (t) => {
  const limit = 65_536;
  const streams = 40;
  const app = await upstream(t, (request, response) => {
    if (request.url === '/small') response.end('small');
    else for (let i = 0; i < 64; i++) response.write(Buffer.alloc(limit));
  });
  const proxy = await remora(t, {
    connectionManager: { codecType: 'HTTP2' },
    listener: { perConnectionBufferLimitBytes: limit },
    cluster: { perConnectionBufferLimitBytes: limit },
  }).to(app);
  const stalled = connect(proxy.origin, { settings: { initialWindowSize: 0 } });
  t.teardown(() => stalled.destroy());
  stalled.on('error', () => undefined);
  await once(stalled, 'remoteSettings');
  for (let i = 0; i < streams; i++) {
    const stream = stalled.request({ ':path': '/large' });
    stream.on('error', () => undefined);
    await once(stream, 'response');
  }
  await until(() => proxy.stat('http2.pending_send_bytes') >= streams * limit, 'what waits');
  // What one read brings may come on top.
  t.ok(proxy.stat('http2.pending_send_bytes') <= streams * 4 * limit, `${proxy.stat('http2.pending_send_bytes')} wait`);
  t.equal(proxy.stat('http2.streams_active'), streams);
  const other = connect(proxy.origin);
  t.teardown(() => other.destroy());
  const [head] = (await once(other.request({ ':path': '/small' }), 'response')) as [{ ':status'?: number }];
  t.equal(head[':status'], 200);
  stalled.destroy();
  await until(() => proxy.stat('http2.pending_send_bytes') === 0, 'the end of what waited');
  await until(() => proxy.stat('http.test.downstream_rq_active') === 0, 'the end of all requests');
});
