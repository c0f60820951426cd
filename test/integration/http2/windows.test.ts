// Windows of clients that are small, and stay small: nothing is lost, nobody waits for another.
import { once } from 'node:events';
import { connect } from 'node:http2';
import t from 'tap';
import { remora } from '../../support/remora.ts';
import { until } from '../../support/until.ts';
import { echoUpstream } from './upstreams.ts';

const connectionManager = { codecType: 'HTTP2' };

t.test('an answer before the end of the request is whole, however small the window', async (t) => {
  const text = 'no, '.repeat(1000);
  const route = { match: { prefix: '/direct' }, directResponse: { status: 403, body: { inlineString: text } } };
  const app = await echoUpstream(t);
  const proxy = await remora(t, { connectionManager, routes: [route] }).to(app);
  const client = connect(proxy.origin, { settings: { initialWindowSize: 100 } });
  t.teardown(() => client.destroy());
  const stream = client.request({ ':path': '/direct', ':method': 'POST' });
  stream.on('error', () => undefined);
  stream.write('the beginning');
  let body = '';
  stream.setEncoding('latin1').on('data', (piece: string) => (body += piece));
  await once(stream, 'end');
  t.equal(body.length, text.length);
  await until(() => proxy.stat('http.test.downstream_rq_active') === 0, 'the end of the request');
  t.equal(proxy.stat('http2.tx_reset'), 1);
  t.equal(proxy.stat('http.test.downstream_rq_rx_reset'), 1);
});
