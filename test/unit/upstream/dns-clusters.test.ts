import t from 'tap';
import type { DnsClusterConfig } from '../../../src/extensions/clusters/dns/config.ts';
import { createClientCodec } from '../../../src/http/codec/h1/api.ts';
import { createHttp2ClientCodec } from '../../../src/http/codec/h2/api.ts';
import type { DnsAddress, DnsCallbacks, DnsFamily, DnsResolution, DnsResolver } from '../../../src/network/dns.ts';
import { type ClusterEnvironment, UpstreamCluster } from '../../../src/upstream/cluster.ts';
import type { EndpointsConfig } from '../../../src/upstream/cluster-config.ts';
import { clusterTypeCategory } from '../../../src/upstream/cluster-type/api.ts';
import { FakeRuntime } from '../../support/fake-runtime.ts';
import { FakeTimers } from '../../support/fake-timers.ts';
import { SeededRandom } from '../../support/seeded-random.ts';
import { FakeConnection } from './fake-connection.ts';
import { TestRequest } from './pool-fixture.ts';
import { anyHost, clusterConfig, endpoints, extensions, StatsStore, statsOf } from './support.ts';

class FakeResolver implements DnsResolver {
  readonly queries: { name: string; family: DnsFamily; callbacks: DnsCallbacks; cancelled: boolean }[] = [];

  resolve(name: string, family: DnsFamily, callbacks: DnsCallbacks) {
    const query = { name, family, callbacks, cancelled: false };
    this.queries.push(query);
    return {
      cancel: () => {
        query.cancelled = true;
      },
    };
  }

  /** Answers the newest query for the name. */
  answer(name: string, ...addresses: (string | DnsAddress)[]): void {
    this.#resolve(name, {
      status: 'completed',
      details: '',
      addresses: addresses.map((address) =>
        typeof address === 'string' ? { address, family: address.includes(':') ? 6 : 4, ttl: 0 } : address,
      ),
    });
  }

  fail(name: string): void {
    this.#resolve(name, { status: 'failure', details: 'the name server failed' });
  }

  #resolve(name: string, resolution: DnsResolution): void {
    const query = this.queries.findLast((candidate) => candidate.name === name && !candidate.cancelled);
    if (query === undefined) throw new Error(`nobody asked for ${name}`);
    query.callbacks.onResolved(resolution);
  }
}

const factory = extensions.get(clusterTypeCategory, 'envoy.extensions.clusters.dns.v3.DnsCluster');
if (factory === undefined) throw new Error('the DNS cluster is not registered');

const defaults: DnsClusterConfig = {
  logical: false,
  family: 'auto',
  refreshMs: 5000,
  jitterMs: 0,
  respectTtl: false,
  minRefreshMs: 0,
  failureRefresh: null,
  resolver: null,
};

class Fixture {
  readonly timers = new FakeTimers();
  readonly store = new StatsStore();
  readonly resolver = new FakeResolver();
  readonly connections: FakeConnection[] = [];
  ready = 0;
  whenReady: () => void = () => {};
  readonly cluster: UpstreamCluster;

  constructor(config: Partial<DnsClusterConfig>, hosts: EndpointsConfig) {
    const environment: ClusterEnvironment = {
      clock: this.timers.clock,
      timers: this.timers,
      random: new SeededRandom(7),
      runtime: new FakeRuntime(),
      stats: this.store,
      connect: ({ address }) => {
        const connection = new FakeConnection(address);
        this.connections.push(connection);
        return connection;
      },
      createHttp1Codec: createClientCodec,
      createHttp2Codec: createHttp2ClientCodec,
      dnsResolver: () => this.resolver,
    };
    const discovery = {
      kind: 'extension',
      typeName: 'DnsCluster',
      label: config.logical === true ? 'logical_dns' : 'strict_dns',
      factory: factory as NonNullable<typeof factory>,
      config: { ...defaults, ...config },
    } as const;
    this.cluster = new UpstreamCluster(clusterConfig({ discovery, endpoints: hosts }), environment, {
      onClusterReady: () => {
        this.ready++;
        this.whenReady();
      },
    });
    this.cluster.start();
  }

  get hosts(): string[] {
    return [...this.cluster.hostSets.all()].map((host) => host.address.text);
  }

  stats(): Record<string, number> {
    return statsOf(this.store, 'cluster.one.');
  }
}

const one = endpoints({ endpoints: [{ port: 80, dnsName: 'a.test' }] });

t.test('an exception in what is done with an answer does not end the refreshes', async (t) => {
  const fixture = new Fixture({}, one);
  fixture.whenReady = () => {
    throw new Error('thrown by a test when a cluster is ready');
  };
  fixture.resolver.answer('a.test', '10.0.0.1');
  t.equal(fixture.ready, 1);
  t.equal(fixture.stats()['update_failure'], 1);
  fixture.timers.advance(5000);
  fixture.resolver.answer('a.test', '10.0.0.2');
  t.same(fixture.hosts, ['10.0.0.2:80']);
  t.equal(fixture.stats()['update_success'], 1);
});

t.test('STRICT_DNS: every address is a host; ready with the first answer', async (t) => {
  const f = new Fixture({}, one);
  t.equal(f.ready, 0);
  f.resolver.answer('a.test', '10.0.0.1', '10.0.0.2', '::1');
  t.equal(f.ready, 1);
  t.same(f.hosts, ['10.0.0.1:80', '10.0.0.2:80', '[::1]:80']);
  t.match(f.stats(), {
    update_attempt: 1,
    update_success: 1,
    membership_total: 3,
    membership_change: 1,
    max_host_weight: 1,
  });
  t.same(
    [...f.cluster.hostSets.all()].map((host) => host.hostname),
    ['a.test', 'a.test', 'a.test'],
  );
});

t.test('STRICT_DNS: an answer is a diff; hosts that stay are the same objects', async (t) => {
  const f = new Fixture({}, one);
  f.resolver.answer('a.test', '10.0.0.1', '10.0.0.2');
  const [first] = f.cluster.hostSets.all();
  f.timers.advance(5000);
  f.resolver.answer('a.test', '10.0.0.2', '10.0.0.1');
  t.match(f.stats(), { update_no_rebuild: 1, membership_change: 1 }, 'another order is no change');
  f.timers.advance(5000);
  f.resolver.answer('a.test', '10.0.0.1', '10.0.0.3');
  t.same(f.hosts, ['10.0.0.1:80', '10.0.0.3:80']);
  t.equal([...f.cluster.hostSets.all()][0], first);
  t.match(f.stats(), { update_success: 3, membership_change: 2 });
});

t.test('STRICT_DNS: a failure keeps the hosts, an empty answer takes them away', async (t) => {
  const f = new Fixture({ refreshMs: 2000 }, one);
  f.resolver.answer('a.test', '10.0.0.1');
  f.timers.advance(2000);
  f.resolver.fail('a.test');
  t.same(f.hosts, ['10.0.0.1:80']);
  t.match(f.stats(), { update_failure: 1, update_success: 1 });
  f.timers.advance(2000);
  f.resolver.answer('a.test');
  t.same(f.hosts, []);
  t.match(f.stats(), { update_success: 2, membership_change: 2 });
  t.equal(f.stats()['update_empty'], undefined);
});

t.test('STRICT_DNS: a first failure makes the cluster ready without hosts', async (t) => {
  const f = new Fixture({}, one);
  f.resolver.fail('a.test');
  t.equal(f.ready, 1);
  t.equal(f.cluster.chooseHost(anyHost), null);
});

t.test('STRICT_DNS: several names; ready when all have answered', async (t) => {
  const f = new Fixture(
    {},
    endpoints({
      endpoints: [
        { port: 80, dnsName: 'a.test' },
        { port: 81, dnsName: 'b.test', weight: 3 },
      ],
    }),
  );
  f.resolver.answer('a.test', '10.0.0.1');
  t.equal(f.ready, 0);
  f.resolver.answer('b.test', '10.0.0.1');
  t.equal(f.ready, 1);
  t.same(f.hosts, ['10.0.0.1:80', '10.0.0.1:81']);
  t.same(
    [...f.cluster.hostSets.all()].map((host) => host.weight),
    [1, 3],
  );
});

t.test('STRICT_DNS: changed endpoints keep what their names resolved to', async (t) => {
  const f = new Fixture({}, one);
  f.resolver.answer('a.test', '10.0.0.1');
  const [host] = f.cluster.hostSets.all();
  f.cluster.setEndpoints(
    endpoints({
      endpoints: [
        { port: 80, dnsName: 'a.test', weight: 2 },
        { port: 80, dnsName: 'b.test' },
      ],
    }),
  );
  t.same(f.hosts, ['10.0.0.1:80'], 'without waiting');
  t.equal([...f.cluster.hostSets.all()][0], host);
  t.equal(host?.weight, 2);
  f.resolver.answer('b.test', '10.0.0.2');
  f.resolver.answer('a.test', '10.0.0.1');
  t.same(f.hosts, ['10.0.0.1:80', '10.0.0.2:80']);
});

t.test('refresh: rate, TTL, its lower bound, jitter', async (t) => {
  const plain = new Fixture({ refreshMs: 5000 }, one);
  plain.resolver.answer('a.test', { address: '10.0.0.1', family: 4, ttl: 1 });
  t.same(plain.timers.delays(), [5000]);
  const ttl = new Fixture({ respectTtl: true }, one);
  ttl.resolver.answer('a.test', { address: '10.0.0.1', family: 4, ttl: 9 }, { address: '10.0.0.2', family: 4, ttl: 3 });
  t.same(ttl.timers.delays(), [3000], 'the smallest');
  const zero = new Fixture({ respectTtl: true }, one);
  zero.resolver.answer('a.test', { address: '10.0.0.1', family: 4, ttl: 0 });
  t.same(zero.timers.delays(), [5000], 'TTL 0 asks for the rate');
  const bounded = new Fixture({ respectTtl: true, minRefreshMs: 2000 }, one);
  bounded.resolver.answer('a.test', { address: '10.0.0.1', family: 4, ttl: 1 });
  t.same(bounded.timers.delays(), [2000]);
  const jitter = new Fixture({ jitterMs: 1000 }, one);
  jitter.resolver.answer('a.test', '10.0.0.1');
  const [delay = 0] = jitter.timers.delays();
  t.ok(delay > 5000 && delay < 6000, `${delay} ms`);
});

t.test('failures: the rate, or back-off with jitter that success ends', async (t) => {
  const plain = new Fixture({ refreshMs: 3000 }, one);
  plain.resolver.fail('a.test');
  t.same(plain.timers.delays(), [3000]);
  const f = new Fixture({ failureRefresh: { baseMs: 100, maxMs: 400 } }, one);
  for (const ceiling of [100, 200, 400, 400]) {
    f.resolver.fail('a.test');
    const [delay = 0] = f.timers.delays();
    t.ok(delay > 0 && delay <= ceiling, `${delay} ms of at most ${ceiling}`);
    f.timers.advance(delay);
  }
  f.resolver.answer('a.test', '10.0.0.1');
  t.same(f.timers.delays(), [5000]);
  f.timers.advance(5000);
  f.resolver.fail('a.test');
  t.ok((f.timers.delays()[0] ?? 0) <= 100, 'starts again');
});

t.test('LOGICAL_DNS: one host; new connections go to the newest address, old ones stay', async (t) => {
  const f = new Fixture({ logical: true }, one);
  f.resolver.answer('a.test', '10.0.0.1', '10.0.0.2');
  t.same(f.hosts, ['10.0.0.1:80']);
  const host = f.cluster.chooseHost(anyHost);
  if (host === null) throw new Error('a host');
  const first = new TestRequest();
  f.cluster.httpPool(host, 0, 1)?.newStream(first, first);
  f.connections[0]?.accept();
  f.timers.advance(5000);
  f.resolver.answer('a.test', '10.0.0.9');
  t.same(f.hosts, ['10.0.0.9:80']);
  t.equal(f.cluster.chooseHost(anyHost), host, 'the same host');
  t.notOk(f.connections[0]?.closed);
  const second = new TestRequest();
  f.cluster.httpPool(host, 0, 1)?.newStream(second, second);
  f.connections[1]?.accept();
  t.equal(f.connections[1]?.remoteAddress.text, '10.0.0.9:80');
  t.equal(first.host?.address.text, '10.0.0.1:80', 'logs tell the address that was used');
  t.equal(second.host?.address.text, '10.0.0.9:80');
  t.equal(host.stats.cxTotal, 2);
  t.equal(f.stats()['membership_change'], 1);
});

t.test('LOGICAL_DNS: an empty answer is a failure and keeps the address', async (t) => {
  const f = new Fixture({ logical: true }, one);
  f.resolver.answer('a.test', '10.0.0.1');
  f.timers.advance(5000);
  f.resolver.answer('a.test');
  t.same(f.hosts, ['10.0.0.1:80']);
  f.timers.advance(5000);
  f.resolver.answer('a.test', '10.0.0.1');
  t.match(f.stats(), { update_attempt: 3, update_success: 2, update_failure: 1, update_no_rebuild: 1 });
});

t.test('LOGICAL_DNS: all families give happy eyeballs something to try', async (t) => {
  const f = new Fixture({ logical: true, family: 'all' }, one);
  f.resolver.answer('a.test', '10.0.0.1', '10.0.0.2', '::1');
  const [host] = f.cluster.hostSets.all();
  t.same(
    host?.additionalAddresses.map((address) => address.text),
    ['10.0.0.2:80', '[::1]:80'],
  );
  const v4 = new Fixture({ logical: true, family: 'v4_only' }, one);
  v4.resolver.answer('a.test', '10.0.0.1', '10.0.0.2');
  t.same([...v4.cluster.hostSets.all()][0]?.additionalAddresses, []);
  t.equal(v4.resolver.queries[0]?.family, 'v4_only');
});

t.test('a removed cluster asks no more', async (t) => {
  for (const logical of [false, true]) {
    const f = new Fixture({ logical }, one);
    f.cluster.remove();
    t.equal(f.resolver.queries[0]?.cancelled, true);
    const answered = new Fixture({ logical }, one);
    answered.resolver.answer('a.test', '10.0.0.1');
    answered.cluster.remove();
    t.same(answered.timers.delays(), []);
  }
});
