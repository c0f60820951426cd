// What the bootstrap says of the process as a whole: limits, resolvers, the port; and that to check it changes nothing.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { serverOptions } from '../../src/cli/server-options.ts';
import { extensions } from '../../src/extensions/manifest.ts';
import { NO_BINS } from '../../src/observability/stats/bins.ts';
import { nodeJson } from '../../src/server/admin/node.ts';
import { checkConfiguration } from '../../src/server/check.ts';
import {
  accessLog,
  address,
  bootstrap,
  directResponse,
  httpChain,
  listener,
  routeConfig,
} from '../support/bootstrap.ts';
import { Client, get, RawClient } from '../support/client.ts';
import { remora } from '../support/remora.ts';
import { turns, until } from '../support/until.ts';

const monitors = 'envoy.resource_monitors.global_downstream_max_connections';
const monitorType =
  'type.googleapis.com/envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig';

// covers: envoy.config.bootstrap.v3.Bootstrap.overload_manager
// covers: envoy.config.overload.v3.OverloadManager.resource_monitors
// covers: envoy.config.overload.v3.ResourceMonitor.{name, typed_config}
// covers: envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig.max_active_downstream_connections
t.test(
  'the monitor of downstream connections is the limit over all listeners, and counts what it refused',
  async (t) => {
    const monitor = { name: monitors, typedConfig: { '@type': monitorType, maxActiveDownstreamConnections: '1' } };
    const proxy = await remora(t, {
      routes: [directResponse('hello')],
      listener: { statPrefix: 'main' },
      bootstrap: {
        overloadManager: { resourceMonitors: [monitor] },
        layeredRuntime: { layers: [{ name: 's', staticLayer: { 'overload.global_downstream_max_connections': 5 } }] },
      },
    }).to();
    t.equal(proxy.stat(`overload.${monitors}.failed_updates`), 0);
    const first = new RawClient(t, proxy.port);
    first.send(get());
    await first.see('hello');
    const second = connect(proxy.port, '127.0.0.1');
    second.on('error', () => {});
    t.teardown(() => second.destroy());
    await new Promise((resolve) => second.on('close', resolve));
    t.equal(proxy.stat('listener.main.downstream_global_cx_overflow'), 1);
    t.equal(proxy.stat(`overload.${monitors}.failed_updates`), 1);
    first.send(get());
    await first.see('hello');
  },
);

// covers: envoy.config.listener.v3.Listener.ignore_global_conn_limit
t.test('a listener may stand outside of the limit over all', async (t) => {
  const monitor = { name: monitors, typedConfig: { '@type': monitorType, maxActiveDownstreamConnections: '1' } };
  const proxy = await remora(t, {
    routes: [directResponse('hello')],
    listener: { ignoreGlobalConnLimit: true },
    bootstrap: { overloadManager: { resourceMonitors: [monitor] } },
  }).to();
  const clients = [new RawClient(t, proxy.port), new RawClient(t, proxy.port)];
  for (const client of clients) {
    client.send(get());
    await client.see('hello');
  }
  t.equal(proxy.stat(`overload.${monitors}.failed_updates`), 0);
});

t.test('a connection manager without filters leaves requests to the stream idle timeout, as Envoy', async (t) => {
  const proxy = await remora(t, {
    routes: [directResponse('never')],
    connectionManager: { httpFilters: [], streamIdleTimeout: '3s' },
  })
    .fakeTime()
    .to();
  const answer = new Client(t).get(proxy, '/');
  await until(() => proxy.stat('http.test.downstream_rq_active') === 1, 'the request');
  proxy.advance(3001);
  await turns();
  t.match(await answer, { status: 504, body: 'stream timeout' });
  t.equal(proxy.stat('http.test.downstream_rq_idle_timeout'), 1);
});

t.test('to check a configuration changes nothing: no file, no port', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'remora-check-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'access.log');
  const chain = httpChain({ routeConfig: routeConfig('r', [directResponse('hello')]), accessLog: [accessLog(path)] });
  const pipe = { pipe: { path: join(folder, 'listener.sock') } };
  const text = JSON.stringify(bootstrap([listener('a', address(0), [chain]), listener('b', pipe, [chain])], []));
  const options = serverOptions('remora', new Map([['config-path', 'none']]), {});
  const source = { name: 'bootstrap.json', format: 'json', text } as const;
  t.strictSame(await checkConfiguration([source], options, extensions), []);
  t.notOk(existsSync(path), 'the access log is not there');
  t.notOk(existsSync(join(folder, 'listener.sock')), 'nor the socket');
});

t.test('more workers than one are reported as asked for, and do not share the port', async (t) => {
  const proxy = await remora(t, { routes: [directResponse('hello')], flags: { concurrency: '4' } }).to();
  t.equal(proxy.stat('server.concurrency'), 4);
  t.equal(proxy.server.listeners.get('main')?.reusePort, false);
});

// covers: envoy.config.listener.v3.Listener.{enable_reuse_port, reuse_port}
t.test('a port is shared where it is asked for', async (t) => {
  for (const asking of [{ enableReusePort: true }, { reusePort: true }]) {
    const first = await remora(t, { routes: [directResponse('one')], listener: asking }).to();
    const where = { address: address(first.port), ...asking };
    const second = await remora(t, { routes: [directResponse('two')], listener: where }).to();
    t.equal(second.port, first.port);
  }
  const first = await remora(t, { routes: [directResponse('one')] }).to();
  await t.rejects(remora(t, { routes: [directResponse('two')], listener: { address: address(first.port) } }).to());
});

// covers: envoy.config.core.v3.Node.metadata
t.test('the node describes itself with the metadata it was given', async (t) => {
  const node = { id: 'me', cluster: 'us', metadata: { a: [1, 'b'] }, locality: { zone: 'z', subZone: 's' } };
  const proxy = await remora(t, { routes: [directResponse('hello')], bootstrap: { node } }).to();
  t.match(nodeJson(proxy.server), { id: 'me', metadata: { a: [1, 'b'] }, locality: { zone: 'z', sub_zone: 's' } });
});

// covers: envoy.config.bootstrap.v3.Bootstrap.stats_flush_interval
t.test('histograms are flushed as often as is said', async (t) => {
  const started = performance.now();
  const proxy = await remora(t, { routes: [directResponse('hello')], bootstrap: { statsFlushInterval: '0.2s' } }).to();
  await new Client(t).get(proxy, '/');
  const time = () => [...proxy.server.stats.histograms()].find(({ name }) => name === 'http.test.downstream_rq_time');
  await until(() => (time()?.interval ?? NO_BINS) !== NO_BINS, 'the flush');
  t.ok(performance.now() - started < 4500, 'not after the five seconds of the default');
});

// covers: envoy.config.core.v3.RuntimeUInt32.runtime_key
// covers: envoy.config.bootstrap.v3.RuntimeLayer.static_layer
t.test('a static layer of the runtime says what an access-log filter compares with', async (t) => {
  const from = (status: number) => ({
    comparison: { op: 'GE', value: { defaultValue: status, runtimeKey: 'log.from' } },
  });
  const logs = (dir: string) => ({ ...accessLog(join(dir, 'access.log')), filter: { statusCodeFilter: from(500) } });
  const proxy = await remora(t, (dir) => {
    const chain = httpChain({ routeConfig: routeConfig('r', [directResponse('hello')]), accessLog: [logs(dir)] });
    const layeredRuntime = { layers: [{ name: 'static', staticLayer: { log: { from: 200 } } }] };
    return bootstrap([listener('main', address(0), [chain])], [], { layeredRuntime });
  }).to();
  await new Client(t).get(proxy, '/logged');
  await until(() => proxy.accessLog().length === 1, 'the line');
});
