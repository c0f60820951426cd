import t from 'tap';
import { ConfigContext, loadMessage } from '../../../src/config/api.ts';
import { factory as clusterFactory } from '../../../src/extensions/clusters/dynamic-forward-proxy/config.ts';
import { readDnsCache } from '../../../src/extensions/common/dynamic-forward-proxy/config.ts';
import { factory as filterFactory } from '../../../src/extensions/filters/http/dynamic-forward-proxy/config.ts';
import { headerName } from '../../../src/http/headers/api.ts';

const api = 'envoy.extensions';
const clusterType = `${api}.clusters.dynamic_forward_proxy.v3.ClusterConfig`;
const httpOptions = `${api}.upstreams.http.v3.HttpProtocolOptions`;
const tls = `${api}.transport_sockets.tls.v3.UpstreamTlsContext`;

async function load(type: string, fields: object) {
  const text = JSON.stringify(fields);
  const { message } = await loadMessage(type, { name: 'x', format: 'json', text }, {});
  if (message === undefined) throw new Error(`${text} does not load`);
  return message;
}

const cacheOf = (fields: object) =>
  load(`${api}.common.dynamic_forward_proxy.v3.DnsCacheConfig`, { name: 'one', ...fields });

type CacheMessage = Parameters<typeof readDnsCache>[0];

async function readCaches(...caches: object[]) {
  const context = new ConfigContext();
  const read = [];
  for (const fields of caches) {
    const message = await cacheOf(fields);
    read.push(readDnsCache(message as unknown as CacheMessage, message, context, 'RMR0400'));
  }
  return { read, said: (await context.takeDiagnostics()).map(({ message }) => message) };
}

/** A cluster of the type, with these fields beside it. */
async function readCluster(own: object, fields: object) {
  const context = new ConfigContext();
  const message = await load(clusterType, { dns_cache_config: { name: 'one' }, ...own });
  const cluster = await load('envoy.config.cluster.v3.Cluster', {
    name: 'c',
    lb_policy: 'CLUSTER_PROVIDED',
    cluster_type: { name: 'x', typed_config: { '@type': `type.googleapis.com/${clusterType}` } },
    ...fields,
  });
  const config = clusterFactory.parse(message, cluster, context);
  return { config, said: (await context.takeDiagnostics()).map(({ message: words }) => words) };
}

t.test("what is not said is Envoy's default", async (t) => {
  const { read, said } = await readCaches({});
  t.strictSame(said, []);
  t.match(read[0], {
    family: 'auto',
    refreshMs: 60_000,
    minRefreshMs: 5_000,
    hostTtlMs: 300_000,
    maxHosts: 1024,
    failureRefresh: null,
    refreshOnFailure: true,
    maxPending: 1024,
    queryTimeoutMs: 5_000,
    resolver: null,
  });
});

t.test('one name, one description', async (t) => {
  t.strictSame((await readCaches({ max_hosts: 5 }, { max_hosts: 5 })).said, []);
  t.strictSame((await readCaches({ max_hosts: 5 }, { name: 'two' })).said, []);
  const { read, said } = await readCaches({ max_hosts: 5 }, { max_hosts: 6 });
  t.match(said, [/DNS cache 'one' is described elsewhere with other settings/]);
  t.ok(read[0]);
  t.equal(read[1], undefined);
});

t.test('more names to resolve beforehand than there is room', async (t) => {
  const names = ['a.test', 'b.test'].map((address) => ({ address, port_value: 80 }));
  t.strictSame((await readCaches({ preresolve_hostnames: names, max_hosts: 2 })).said, []);
  t.match((await readCaches({ preresolve_hostnames: names, max_hosts: 1 })).said, [/do not fit into max_hosts 1/]);
});

t.test('a range of addresses that is none', async (t) => {
  const filter = (prefix: string) => ({
    resolved_address_filter: { ranges: [{ address_prefix: prefix, prefix_len: 8 }] },
  });
  t.match((await readCaches(filter('10.0.0.0'))).read, [{ denied: { ranges: ['10.0.0.0/8'], inverted: false } }]);
  t.equal((await readCaches(filter('ten'))).said.length, 1);
});

t.test('the cluster chooses its hosts itself', async (t) => {
  t.strictSame((await readCluster({}, {})).said, []);
});

t.test('names of hosts must be those of certificates, or it must be said', async (t) => {
  const options = (names?: object) => ({
    typed_extension_protocol_options: {
      [httpOptions]: {
        '@type': `type.googleapis.com/${httpOptions}`,
        explicit_http_config: { http_protocol_options: {} },
        ...(names && { upstream_http_protocol_options: names }),
      },
    },
  });
  const wanted = [/needs auto_sni and auto_san_validation/];
  t.match((await readCluster({}, options())).said, wanted);
  t.match((await readCluster({}, options({ auto_sni: true }))).said, wanted);
  t.strictSame((await readCluster({}, options({ auto_sni: true, auto_san_validation: true }))).said, []);
  t.strictSame((await readCluster({ allow_insecure_cluster_options: true }, options())).said, []);
  t.equal(clusterFactory.expectsNames, true, 'where nothing is said both are on');
});

t.test('TLS says that the default port is 443', async (t) => {
  const typedConfig = { '@type': `type.googleapis.com/${tls}` };
  const socket = { name: 'tls', typed_config: typedConfig };
  t.equal((await readCluster({}, {})).config?.secure, false);
  t.equal((await readCluster({}, { transport_socket: socket })).config?.secure, true);
  const wrapped = {
    '@type': `type.googleapis.com/${api}.transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport`,
    transport_socket: socket,
  };
  const proxied = { transport_socket: { name: 'proxy', typed_config: wrapped } };
  t.equal((await readCluster({}, proxied)).config?.secure, true, 'behind a PROXY header too');
});

t.test('what a route says', async (t) => {
  const read = async (fields: object) => {
    const message = await load(`${api}.filters.http.dynamic_forward_proxy.v3.PerRouteConfig`, fields);
    return filterFactory.readRouteConfig?.(message, new ConfigContext(), undefined as never);
  };
  t.strictSame(await read({ host_rewrite_literal: 'a.test' }), { literal: 'a.test', header: null });
  t.strictSame(await read({ host_rewrite_header: 'X-Where' }), { literal: '', header: headerName('x-where') });
  t.strictSame(await read({}), { literal: '', header: null });
});
