// Fields that no parity scenario sets, each by what a whole proxy does when it is set.
import { createServer } from 'node:http';
import { Socket } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { freePort } from '../../bench/machine/ports.ts';
import {
  accessLog,
  address,
  bootstrap,
  cluster,
  directResponse,
  discovery,
  forwardTo,
  httpChain,
  type Json,
  listener,
  routeConfig,
} from '../support/bootstrap.ts';
import { Client, get, RawClient } from '../support/client.ts';
import { DnsServer } from '../support/dns-server.ts';
import { MemoryLog } from '../support/memory-log.ts';
import { remora } from '../support/remora.ts';
import { turns, until } from '../support/until.ts';
import { upstream } from '../support/upstream.ts';

const caresType = 'type.googleapis.com/envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig';
const rawBufferType = 'type.googleapis.com/envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer';
const httpOptions = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';

/** A cluster `app` by a name that only the server given to `resolver` knows. */
async function byName(t: Test, resolver: (server: Json) => Json) {
  const server = await DnsServer.listen();
  t.teardown(() => server.close());
  server.records.set('app.remora.test', { a: ['127.0.0.1'] });
  const app = await upstream.http1(t).respond(200, 'found');
  const where = { socketAddress: { address: 'app.remora.test', portValue: app.port } };
  const proxy = await remora(t, () => {
    const chain = httpChain({ routeConfig: routeConfig('r', [forwardTo('app')]) });
    const dns = { type: 'STRICT_DNS', dnsLookupFamily: 'V4_ONLY' };
    return bootstrap(
      [listener('main', address(0), [chain])],
      [cluster('app', [where], dns)],
      resolver(address(server.port)),
    );
  }).to();
  t.match(await new Client(t).get(proxy, '/'), { status: 200, body: 'found' });
  t.strictSame(server.queries, ['A app.remora.test']);
}

// covers: envoy.config.bootstrap.v3.Bootstrap.typed_dns_resolver_config
t.test('the bootstrap’s resolver is that of clusters without one of their own', (t) =>
  byName(t, (server) => ({
    typedDnsResolverConfig: {
      name: 'cares',
      typedConfig: { '@type': caresType, resolvers: [server], dnsResolverOptions: { noDefaultSearchDomain: true } },
    },
  })),
);

// covers: envoy.config.bootstrap.v3.Bootstrap.dns_resolution_config
// covers: envoy.config.cluster.v3.Cluster.dns_resolution_config
// covers: envoy.config.core.v3.DnsResolutionConfig.{resolvers, dns_resolver_options}
t.test('and the older form of it', (t) =>
  byName(t, (server) => ({
    dnsResolutionConfig: { resolvers: [server], dnsResolverOptions: { noDefaultSearchDomain: true } },
  })),
);

// covers: envoy.config.bootstrap.v3.Bootstrap.cluster_manager
// covers: envoy.config.bootstrap.v3.ClusterManager.upstream_bind_config
t.test('the source address for all clusters', async (t) => {
  const app = await upstream.http1(t).respond(200, 'hello');
  const proxy = await remora(t, {
    bootstrap: { clusterManager: { upstreamBindConfig: { sourceAddress: { address: '127.0.0.9', portValue: 0 } } } },
  }).to(app);
  await new Client(t).get(proxy, '/');
  t.equal(app.sockets[0]?.remoteAddress?.replace('::ffff:', ''), '127.0.0.9');
});

// covers: envoy.config.core.v3.TcpKeepalive.{keepalive_time, keepalive_interval, keepalive_probes}
// covers: envoy.config.listener.v3.Listener.tcp_keepalive
t.test('TCP keep-alive on either side, with the system’s numbers where none is given', async (t) => {
  const asked: unknown[][] = [];
  const original = Socket.prototype.setKeepAlive;
  Socket.prototype.setKeepAlive = function (this: Socket, ...given: unknown[]) {
    if (given[0] === true && given[1] !== 1000) asked.push(given);
    return Reflect.apply(original, this, given);
  };
  t.teardown(() => {
    Socket.prototype.setKeepAlive = original;
  });
  const app = await upstream.http1(t).respond(200, 'hello');
  const proxy = await remora(t, {
    listener: { tcpKeepalive: { keepaliveTime: 31, keepaliveInterval: 7, keepaliveProbes: 4 } },
    cluster: { upstreamConnectionOptions: { tcpKeepalive: { keepaliveTime: 47 } } },
  }).to(app);
  const client = new RawClient(t, proxy.port);
  client.send(get());
  await client.see('hello');
  t.strictSame(asked, [
    [true, 31_000, 7000, 4],
    [true, 47_000, 75_000, 9],
  ]);
});

// covers: envoy.config.listener.v3.AdditionalAddress.{socket_options, tcp_keepalive}
// covers: envoy.config.core.v3.SocketOptionsOverride.socket_options
t.test('an additional address has its own keep-alive and socket options, or those of the listener', async (t) => {
  const asked: unknown[] = [];
  const original = Socket.prototype.setKeepAlive;
  Socket.prototype.setKeepAlive = function (this: Socket, ...given: unknown[]) {
    if (given[0] === true && given[1] !== 1000) asked.push(given[1]);
    return Reflect.apply(original, this, given);
  };
  t.teardown(() => {
    Socket.prototype.setKeepAlive = original;
  });
  const option = (name: number, intValue: number) => ({ level: 1, name, intValue, state: 'STATE_LISTENING' });
  const ports = [await freePort(), await freePort()];
  const listening = (own: Json, [first, second]: readonly number[]): Json => ({
    tcpKeepalive: { keepaliveTime: 31 },
    socketOptions: [option(8, 65_536)],
    additionalAddresses: [
      { address: address(first ?? 0), tcpKeepalive: {}, socketOptions: {} },
      { address: address(second ?? 0), socketOptions: { socketOptions: [own] } },
    ],
  });
  const app = await upstream.http1(t).respond(200, 'hello');
  const proxy = await remora(t, { listener: listening(option(8, 32_768), ports) }).to(app);
  for (const port of [proxy.port, ...ports]) {
    const client = new RawClient(t, port);
    client.send(get());
    await client.see('hello');
  }
  t.strictSame(asked, [31_000, 7_200_000, 31_000]);
  const log = MemoryLog.capture();
  const other = listening(option(7777, 1), [await freePort(), await freePort()]);
  await t.rejects(remora(t, { listener: other }).to(app), /did not start/);
  t.match(log.lines.join('\n'), /the system refuses the socket option \(level 1, name 7777\)/);
});

// covers: envoy.config.core.v3.Http1ProtocolOptions.send_fully_qualified_url
// covers: envoy.config.core.v3.TransportSocket.typed_config
// covers: envoy.config.listener.v3.FilterChain.transport_socket
t.test('requests in absolute form; raw_buffer said by name on either side', async (t) => {
  const app = await upstream.http1(t).respond(200, 'hello');
  const plain = { name: 'envoy.transport_sockets.raw_buffer', typedConfig: { '@type': rawBufferType } };
  const explicit = { explicitHttpConfig: { httpProtocolOptions: { sendFullyQualifiedUrl: true } } };
  const options = { [httpOptions]: { '@type': `type.googleapis.com/${httpOptions}`, ...explicit } };
  const proxy = await remora(t, (dir) => {
    const chain = httpChain(
      { routeConfig: routeConfig('r', [forwardTo('app')]), accessLog: [accessLog(join(dir, 'access.log'))] },
      { transportSocket: plain },
    );
    const one = cluster('app', [app.address], { typedExtensionProtocolOptions: options, transportSocket: plain });
    return bootstrap([listener('main', address(0), [chain])], [one]);
  }).to();
  const client = new RawClient(t, proxy.port);
  client.send('GET /a HTTP/1.1\r\nhost: somewhere\r\n\r\n');
  await client.see('hello');
  t.equal(app.seen[0]?.url, 'http://somewhere/a');
});

// covers: envoy.config.core.v3.HttpProtocolOptions.max_response_headers_kb
t.test('a response head above max_response_headers_kb is refused', async (t) => {
  const app = await upstream.http1(t).handle((_, response) => response.setHeader('x', 'y'.repeat(3000)).end());
  const limited = { commonHttpProtocolOptions: { maxResponseHeadersKb: 2 } };
  const proxy = await remora(t, { cluster: limited }).to(app);
  t.match(await new Client(t).get(proxy, '/'), { status: 502 });
  const free = await remora(t, {}).to(app);
  t.match(await new Client(t).get(free, '/'), { status: 200 });
});

// covers: envoy.config.core.v3.HttpProtocolOptions.max_stream_duration
t.test('the connection manager’s max_stream_duration ends a request', async (t) => {
  const app = await upstream.http1(t).handle(() => {});
  const proxy = await remora(t, { connectionManager: { commonHttpProtocolOptions: { maxStreamDuration: '2s' } } })
    .fakeTime()
    .to(app);
  const answer = new Client(t).get(proxy, '/');
  await until(() => app.seen.length === 1, 'the request');
  proxy.advance(1999);
  await turns();
  t.equal(proxy.stat('http.test.downstream_rq_max_duration_reached'), 0);
  proxy.advance(2);
  await answer;
  t.equal(proxy.stat('http.test.downstream_rq_max_duration_reached'), 1);
});

// covers: envoy.config.core.v3.ConfigSource.path
// covers: envoy.config.core.v3.PathConfigSource.watched_directory
// covers: envoy.config.core.v3.WatchedDirectory.path
// covers: envoy.config.endpoint.v3.LocalityLbEndpoints.load_balancer_endpoints
// covers: envoy.config.endpoint.v3.LocalityLbEndpoints.LbEndpointList.lb_endpoints
t.test('sources by the older path, or with a folder to watch; endpoints in the newer list', async (t) => {
  const app = await upstream.http1(t).respond(200, 'hello');
  const proxy = await remora(t, () => bootstrap([], [])).to();
  const type = 'envoy.config.cluster.v3.Cluster';
  const list = { lbEndpoints: [{ endpoint: { address: app.address } }] };
  const one = {
    ...cluster('a', []),
    loadAssignment: { clusterName: 'a', endpoints: [{ loadBalancerEndpoints: list }] },
  };
  const byPath = proxy.write('cds.json', discovery(type, 'one', [one]));
  for (const source of [
    { path: byPath },
    { pathConfigSource: { path: byPath, watchedDirectory: { path: proxy.dir } } },
  ]) {
    const other = await remora(t, () => bootstrap([], [], { dynamicResources: { cdsConfig: source } })).to();
    const hosts = other.server.clusters.entries().get('a')?.active;
    t.ok(hosts, 'the cluster is there');
    t.equal(other.stat('cluster.a.membership_total'), 1);
  }
});

// covers: envoy.config.listener.v3.FilterChainMatch.{destination_port, source_ports, direct_source_prefix_ranges}
// covers: envoy.config.listener.v3.FilterChainMatch.{server_names, transport_protocol, application_protocols}
t.test('a chain is chosen by what is known of a plain connection', async (t) => {
  const answers = (text: string, filterChainMatch?: Json): Json => ({
    ...httpChain({ routeConfig: routeConfig('r', [directResponse(text)]) }),
    name: text,
    ...(filterChainMatch === undefined ? {} : { filterChainMatch }),
  });
  const asked: Record<string, Json> = {
    port: { destinationPort: 1 },
    names: { serverNames: ['a.test'] },
    tls: { transportProtocol: 'tls' },
    alpn: { applicationProtocols: ['h2'] },
    sourcePort: { sourcePorts: [1] },
    elsewhere: { directSourcePrefixRanges: [{ addressPrefix: '10.0.0.0', prefixLen: 8 }] },
  };
  const others = Object.entries(asked).map(([name, match]) => answers(name, match));
  const matching: Json[] = [
    { transportProtocol: 'raw_buffer' },
    { directSourcePrefixRanges: [{ addressPrefix: '127.0.0.0', prefixLen: 8 }] },
  ];
  for (const match of matching) {
    const proxy = await remora(t, () =>
      bootstrap(
        [listener('main', address(0), [...others, answers('this', match)], { defaultFilterChain: answers('default') })],
        [],
      ),
    ).to();
    t.equal((await new Client(t).get(proxy, '/')).body, 'this');
  }
  const none = await remora(t, () =>
    bootstrap([listener('main', address(0), others, { defaultFilterChain: answers('default') })], []),
  ).to();
  t.equal((await new Client(t).get(none, '/')).body, 'default');
});

t.test('without a backlog of its own a listener takes what the system allows', async (t) => {
  const proxy = await remora(t, () => {
    const chain = httpChain({ routeConfig: routeConfig('r', [directResponse('hello')]) });
    return bootstrap([listener('main', { socketAddress: { address: '127.0.0.1', portValue: 0 } }, [chain], {})], []);
  }).to();
  // Linux cuts to net.core.somaxconn, whatever it is; Envoy reads that file.
  t.match(proxy.server.listeners.get('main'), { backlog: 65_535 });
});

// covers: envoy.config.listener.v3.Listener.{access_log, traffic_direction, per_connection_buffer_limit_bytes, tcp_backlog_size}
// covers: envoy.config.core.v3.SocketAddress.{protocol, ipv4_compat}
t.test('what a listener says of itself', async (t) => {
  const proxy = await remora(t, (dir) => {
    const chain = httpChain({ routeConfig: routeConfig('r', [directResponse('hello')]) });
    const where = { socketAddress: { protocol: 'TCP', address: '::', portValue: 0, ipv4Compat: true } };
    const more = {
      accessLog: [accessLog(join(dir, 'access.log'))],
      trafficDirection: 'INBOUND',
      perConnectionBufferLimitBytes: 4096,
      tcpBacklogSize: 17,
    };
    return bootstrap([listener('main', where, [chain], more)], []);
  }).to();
  t.match(proxy.server.listeners.get('main'), { direction: 'inbound', bufferLimit: 4096, backlog: 17 });
  // Over IPv4, though the listener's address is one of IPv6.
  const client = new RawClient(t, proxy.port);
  client.send('GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n');
  await client.end();
  await until(() => proxy.accessLog().length === 1, 'the line for the connection');
});

// covers: envoy.config.listener.v3.Listener.bind_to_port
t.test('a listener that is not bound leaves its port alone', async (t) => {
  const holder = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => holder.once('listening', resolve));
  t.teardown(() => holder.close());
  const taken = holder.address();
  const port = taken !== null && typeof taken === 'object' ? taken.port : 0;
  const proxy = await remora(t, () => {
    const chain = httpChain({ routeConfig: routeConfig('r', [directResponse('hello')]) });
    return bootstrap([listener('virtual', address(port), [chain], { bindToPort: false })], []);
  }).to();
  t.strictSame(proxy.server.listeners.entries().get('virtual')?.listener.localAddresses, []);
});

// covers: envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.{stream_error_on_invalid_http_message, codec_type}
// covers: envoy.config.core.v3.Http1ProtocolOptions.override_stream_error_on_invalid_http_message
t.test('a malformed request ends its connection, or only itself where configuration says so', async (t) => {
  const settings: [Json, boolean][] = [
    [{}, true],
    [{ streamErrorOnInvalidHttpMessage: true, codecType: 'HTTP1' }, false],
    [{ httpProtocolOptions: { overrideStreamErrorOnInvalidHttpMessage: true } }, false],
    [
      {
        streamErrorOnInvalidHttpMessage: true,
        httpProtocolOptions: { overrideStreamErrorOnInvalidHttpMessage: false },
      },
      true,
    ],
  ];
  for (const [connectionManager, closes] of settings) {
    const proxy = await remora(t, { routes: [directResponse('hello')], connectionManager }).to();
    const client = new RawClient(t, proxy.port);
    client.send('GET / HTTP/1.1\r\n\r\n');
    const answer = await client.see('\r\n\r\n');
    t.match(answer, /^HTTP\/1.1 400/);
    t.equal(/connection: close/.test(answer), closes, JSON.stringify(connectionManager));
  }
  await t.rejects(remora(t, { routes: [directResponse('hello')], connectionManager: { codecType: 'HTTP3' } }).to());
});

// covers: envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.{forward_client_cert_details, append_x_forwarded_port}
t.test('x-forwarded-client-cert passes only where it always does; the port is told', async (t) => {
  const app = await upstream.http1(t).respond(200, 'hello');
  for (const mode of ['SANITIZE', 'FORWARD_ONLY', 'ALWAYS_FORWARD_ONLY']) {
    const connectionManager = { forwardClientCertDetails: mode, useRemoteAddress: true, appendXForwardedPort: true };
    const proxy = await remora(t, { connectionManager }).to(app);
    await new Client(t).get(proxy, '/', { headers: { 'x-forwarded-client-cert': 'By=me' } });
    const headers = app.seen.at(-1)?.headers ?? {};
    t.equal(headers['x-forwarded-client-cert'], mode === 'ALWAYS_FORWARD_ONLY' ? 'By=me' : undefined, mode);
    t.equal(headers['x-forwarded-port'], String(proxy.port));
  }
});

// covers: envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.InternalAddressConfig.unix_sockets
t.test('a peer on a Unix socket is internal where that is said', async (t) => {
  const app = await upstream.http1(t).respond(200, 'hello');
  for (const unixSockets of [true, false]) {
    let path = '';
    const proxy = await remora(t, (dir) => {
      path = join(dir, 'in.sock');
      const more = { useRemoteAddress: true, internalAddressConfig: { unixSockets } };
      const chain = httpChain({ ...more, routeConfig: routeConfig('r', [forwardTo('app')]) });
      return bootstrap([listener('main', { pipe: { path } }, [chain])], [cluster('app', [app.address])]);
    }).to();
    await new Promise((resolve) => {
      const socket = new Socket().connect(path);
      t.teardown(() => socket.destroy());
      socket.write(get());
      socket.once('data', resolve);
    });
    t.equal(app.seen.at(-1)?.headers['x-envoy-internal'], unixSockets ? 'true' : undefined);
    await proxy.stop();
  }
});

// covers: envoy.config.cluster.v3.Cluster.CommonLbConfig.{locality_weighted_lb_config, zone_aware_lb_config}
// covers: envoy.config.cluster.v3.Cluster.CommonLbConfig.ZoneAwareLbConfig.fail_traffic_on_panic
// covers: envoy.type.v3.Percent.value
t.test('localities by weight; zone-aware clusters that fail in panic', async (t) => {
  const [heavy, light] = [await upstream.http1(t).respond(200, 'heavy'), await upstream.http1(t).respond(200, 'light')];
  const place = (zone: string, where: Json, more: Json): Json => ({
    locality: { zone },
    lbEndpoints: [{ endpoint: { address: where }, ...more }],
  });
  const weighted = {
    commonLbConfig: { localityWeightedLbConfig: {} },
    loadAssignment: {
      clusterName: 'app',
      endpoints: [
        { ...place('a', heavy.address, {}), loadBalancingWeight: 3 },
        { ...place('b', light.address, {}), loadBalancingWeight: 1 },
      ],
    },
  };
  const proxy = await remora(t, { cluster: weighted }).to();
  const client = new Client(t);
  for (let i = 0; i < 8; i++) await client.get(proxy, '/');
  t.equal(heavy.seen.length, 6);
  const failing = (failTrafficOnPanic: boolean): Json => ({
    commonLbConfig: { zoneAwareLbConfig: { failTrafficOnPanic }, healthyPanicThreshold: { value: 90 } },
    loadAssignment: { clusterName: 'app', endpoints: [place('a', heavy.address, { healthStatus: 'UNHEALTHY' })] },
  });
  t.match(await client.get(await remora(t, { cluster: failing(true) }).to(), '/'), { status: 503 });
  t.match(await client.get(await remora(t, { cluster: failing(false) }).to(), '/'), { status: 200 });
});

// covers: envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter.is_optional
t.test('an optional filter that is not there is passed over, with a word', async (t) => {
  const router = { '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router' };
  const missing = { '@type': 'type.googleapis.com/envoy.extensions.filters.http.oauth2.v3.OAuth2' };
  const filters = (isOptional: boolean): Json => ({
    httpFilters: [
      { name: 'missing', typedConfig: missing, isOptional },
      { name: 'router', typedConfig: router },
    ],
  });
  const proxy = await remora(t, { routes: [directResponse('hello')], connectionManager: filters(true) }).to();
  t.match(await new Client(t).get(proxy, '/'), { status: 200 });
  await t.rejects(remora(t, { routes: [directResponse('hello')], connectionManager: filters(false) }).to());
});

// covers: envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.UpgradeConfig.{enabled, filters}
t.test('an upgrade that is switched off is refused; one with filters of its own goes through them', async (t) => {
  const router = {
    name: 'router',
    typedConfig: { '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router' },
  };
  const upgrade = (more: Json): Json => ({ upgradeConfigs: [{ upgradeType: 'echo', ...more }] });
  const app = await upstream.raw(t, (socket) => {
    socket.once('data', () =>
      socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\nhi'),
    );
  });
  const ask = 'GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n';
  const cases: [Json, string][] = [
    [{ enabled: false }, '403'],
    [{ filters: [router] }, '101'],
    [{}, '101'],
  ];
  for (const [more, status] of cases) {
    const proxy = await remora(t, { connectionManager: upgrade(more) }).to(app);
    const client = new RawClient(t, proxy.port);
    client.send(ask);
    await client.see(`HTTP/1.1 ${status}`);
  }
});

// covers: envoy.extensions.filters.http.router.v3.Router.respect_expected_rq_timeout
t.test('the expected timeout of an earlier proxy is kept where that is said', async (t) => {
  const internalAddressConfig = { cidrRanges: [{ addressPrefix: '10.0.0.0', prefixLen: 8 }] };
  for (const respectExpectedRqTimeout of [true, false]) {
    const app = await upstream.http1(t).respond(200, 'hello');
    const router = {
      '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router',
      respectExpectedRqTimeout,
    };
    const connectionManager = { httpFilters: [{ name: 'router', typedConfig: router }], internalAddressConfig };
    const proxy = await remora(t, { connectionManager, route: { timeout: '9s' } }).to(app);
    const headers = { 'x-envoy-expected-rq-timeout-ms': '1234', 'x-forwarded-for': '10.0.0.1' };
    await new Client(t).get(proxy, '/', { headers });
    t.equal(app.seen[0]?.headers['x-envoy-expected-rq-timeout-ms'], respectExpectedRqTimeout ? '1234' : '9000');
  }
});

// covers: envoy.config.route.v3.RouteConfiguration.validate_clusters
t.test('routes that must name a cluster may name one that comes with them', async (t) => {
  const app = await upstream.http1(t).respond(200, 'hello');
  const start = (name: string) =>
    remora(t, () => {
      const routes = { ...routeConfig('r', [forwardTo(name)]), validateClusters: true };
      return bootstrap(
        [listener('main', address(0), [httpChain({ routeConfig: routes })])],
        [cluster('app', [app.address])],
      );
    }).to();
  t.match(await new Client(t).get(await start('app'), '/'), { status: 200 });
  await t.rejects(start('nobody'));
});
