// Sentences about virtual listeners (bind_to_port: false) that a changed configuration takes away: their connections drain, they
// are not cut. A PROXY header stands for the destination before a redirection.
import t from 'tap';
import {
  accessLog,
  address,
  bootstrap,
  directResponse,
  httpChain,
  type Json,
  listener,
  routeConfig,
} from '../../support/bootstrap.ts';
import { get, RawClient } from '../../support/client.ts';
import { remora } from '../../support/remora.ts';
import { turns, until } from '../../support/until.ts';

const atOnce = { 'drain-strategy': 'immediate' };
const destination = '198.51.100.1';
const header = `PROXY TCP4 192.0.2.1 ${destination} 4000 80\r\n`;
const proxyProtocol = {
  name: 'proxy',
  typedConfig: { '@type': 'type.googleapis.com/envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol' },
};

function chain(text: string, dir: string, where: Json = {}): Json {
  const routes = routeConfig('r', [directResponse(text)]);
  return httpChain({ routeConfig: routes, accessLog: [accessLog(`${dir}/access.log`)] }, where);
}

const from = (prefix: string): Json => ({
  filterChainMatch: { sourcePrefixRanges: [{ addressPrefix: prefix, prefixLen: 32 }] },
});

function outbound(dir: string): Json {
  const more = { useOriginalDst: true, listenerFilters: [proxyProtocol], statPrefix: 'outbound' };
  return listener('outbound', address(0), [chain('catch-all', dir)], more);
}

function virtual(...chains: readonly Json[]): Json {
  return listener('virtual', address(80, destination), chains, { bindToPort: false, statPrefix: 'virtual' });
}

t.test('a virtual listener that goes drains', async (t) => {
  let folder = '';
  const proxy = await remora(
    t,
    (dir) => {
      folder = dir;
      return bootstrap([outbound(dir), virtual(chain('virtual', dir))], []);
    },
    atOnce,
  )
    .fakeTime()
    .to();
  const port = proxy.portOf('outbound');
  const busy = new RawClient(t, port).send(header, get());
  await busy.see('virtual');
  const idle = new RawClient(t, port).send(header, get());
  await idle.see('virtual');
  t.equal(proxy.stat('listener.virtual.downstream_cx_active'), 2);

  await proxy.reload(bootstrap([outbound(folder)], []));
  busy.text = '';
  busy.send(get());
  t.match(await busy.see('virtual'), 'connection: close', 'its connections go on, and are told to end');
  const fresh = new RawClient(t, port).send(header, get());
  t.notMatch(await fresh.see('catch-all'), 'connection: close', 'new ones go to who is there');
  proxy.advance(599_000);
  await turns();
  t.notOk(idle.ended, 'an idle connection has the drain time');
  t.equal(proxy.stat('listener_manager.total_listeners_draining'), 1);
  proxy.advance(1001);
  await idle.end();
  await until(() => proxy.stat('listener_manager.total_listeners_draining') === 0, 'the end of draining');
  t.notOk(fresh.ended, 'nobody else is touched');
  await proxy.reload(bootstrap([outbound(folder), virtual(chain('again', folder))], []));
  await new RawClient(t, port).send(header, get()).see('again');
});

t.test('a chain of a virtual listener that goes drains; the other keeps its connections', async (t) => {
  let folder = '';
  const config = (dir: string, ...chains: readonly Json[]): Json => bootstrap([outbound(dir), virtual(...chains)], []);
  const kept = (dir: string): Json => chain('kept', dir, from('192.0.2.2'));
  const proxy = await remora(
    t,
    (dir) => {
      folder = dir;
      return config(dir, chain('gone', dir, from('192.0.2.1')), kept(dir));
    },
    atOnce,
  )
    .fakeTime()
    .to();
  const port = proxy.portOf('outbound');
  const gone = new RawClient(t, port).send(header, get());
  await gone.see('gone');
  const idle = new RawClient(t, port).send(header, get());
  await idle.see('gone');
  const other = new RawClient(t, port).send(header.replace('192.0.2.1', '192.0.2.2'), get());
  await other.see('kept');

  await proxy.reload(config(folder, kept(folder)));
  gone.text = '';
  gone.send(get());
  t.match(await gone.see('gone'), 'connection: close');
  other.text = '';
  other.send(get());
  t.notMatch(await other.see('kept'), 'connection: close', 'the unchanged chain knows nothing of it');
  const fresh = new RawClient(t, port).send(header, get());
  await fresh.end();
  t.equal(proxy.stat('listener.virtual.no_filter_chain_match'), 1, 'no chain is for that client any more');
  t.equal(proxy.stat('listener_manager.total_filter_chains_draining'), 1);
  proxy.advance(600_001);
  await idle.end();
  t.notOk(other.ended);
});
