import t from 'tap';
import { readAuthority } from '../../../src/extensions/common/dynamic-forward-proxy/authority.ts';
import { type CachedHost, failureDetails } from '../../../src/extensions/common/dynamic-forward-proxy/cached-host.ts';
import { DnsCache } from '../../../src/extensions/common/dynamic-forward-proxy/dns-cache.ts';
import { sharedDnsCache } from '../../../src/extensions/common/dynamic-forward-proxy/dns-caches.ts';
import type { DnsCacheSettings } from '../../../src/extensions/common/dynamic-forward-proxy/settings.ts';
import type { DnsAddress, DnsCallbacks, DnsResolution, DnsResolver } from '../../../src/network/dns.ts';
import { StatsStore } from '../../../src/observability/stats/store.ts';
import { FakeTimers } from '../../support/fake-timers.ts';
import { SeededRandom } from '../../support/seeded-random.ts';

class FakeResolver implements DnsResolver {
  queries: { name: string; callbacks: DnsCallbacks }[] = [];
  cancelled = 0;

  resolve(name: string, _family: string, callbacks: DnsCallbacks) {
    const query = { name, callbacks };
    this.queries.push(query);
    return {
      cancel: () => {
        this.cancelled++;
        this.queries = this.queries.filter((other) => other !== query);
      },
    };
  }

  /** Answers the oldest query. */
  answer(...addresses: (string | DnsAddress)[]): void {
    this.#finish({
      status: 'completed',
      details: '',
      code: 'cares_norecords:Domain name not found',
      addresses: addresses.map((address) =>
        typeof address === 'string' ? { address, family: 4, ttl: 30 } : { ...address },
      ),
    });
  }

  fail(): void {
    this.#finish({ status: 'failure', details: 'the name server failed' });
  }

  #finish(resolution: DnsResolution): void {
    this.queries.shift()?.callbacks.onResolved(resolution);
  }
}

const defaults: DnsCacheSettings = {
  name: 'one',
  family: 'v4_only',
  refreshMs: 60_000,
  minRefreshMs: 5_000,
  hostTtlMs: 300_000,
  maxHosts: 1024,
  failureRefresh: null,
  refreshOnFailure: true,
  maxPending: 1024,
  queryTimeoutMs: 5_000,
  preresolve: [],
  denied: null,
  resolver: null,
};

function fixture(settings: Partial<DnsCacheSettings> = {}) {
  const timers = new FakeTimers();
  const resolver = new FakeResolver();
  const rootStats = new StatsStore();
  const world = {
    clock: timers.clock,
    timers,
    random: new SeededRandom(7),
    rootStats,
    dnsResolver: () => resolver,
  };
  const cache = new DnsCache({ ...defaults, ...settings }, world);
  const log: string[] = [];
  cache.follow({
    onHostAddresses: (host) => log.push(`${host.key} ${host.addresses.map((address) => address.text).join()}`),
    onHostRemoved: (host) => log.push(`${host.key} gone`),
  });
  const load = (name: string): CachedHost | null => cache.load(readAuthority(name, 80));
  const stat = (name: string): number => rootStats.counter(`dns_cache.one.${name}`).value;
  return { timers, resolver, world, cache, log, load, stat };
}

t.test('a host with its port', async (t) => {
  const table: [host: string, key: string, name: string, port: number][] = [
    ['a.test', 'a.test:80', 'a.test', 80],
    ['a.test:8080', 'a.test:8080', 'a.test', 8080],
    ['a.test:', 'a.test::80', 'a.test:', 80],
    ['a.test:http', 'a.test:http:80', 'a.test:http', 80],
    ['a.test:65536', 'a.test:65536:80', 'a.test:65536', 80],
    ['1.2.3.4', '1.2.3.4:80', '1.2.3.4', 80],
    ['[::1]', '[::1]:80', '::1', 80],
    ['[::1]:8080', '[::1]:8080', '::1', 8080],
    ['[nonsense]:8080', '[nonsense]:8080', '[nonsense]', 8080],
  ];
  for (const [host, key, name, port] of table) t.same(readAuthority(host, 80), { key, name, port }, host);
});

t.test('one query for all who ask, and its answer for all who wait', async (t) => {
  const { cache, resolver, load, log } = fixture();
  const told: string[] = [];
  const host = load('a.test');
  t.equal(load('a.test'), host);
  for (const name of ['first', 'second'])
    host?.wait({ onHostResolved: ({ addresses }) => told.push(`${name} ${addresses.length}`) });
  const left = { onHostResolved: () => t.fail('who went is told nothing') };
  host?.wait(left);
  host?.stopWaiting(left);
  resolver.answer('10.0.0.1', '10.0.0.2');
  t.same(told, ['first 1', 'second 1']);
  t.same(log, ['a.test:80 10.0.0.1:80'], 'one address, where not all families were asked for');
  t.equal(cache.stats.dnsQueryAttempt.value, 1);
});

t.test('what throws in one who waits keeps nothing from the others', async (t) => {
  const { load, resolver, timers } = fixture();
  const host = load('a.test');
  let told = false;
  host?.wait({
    onHostResolved: () => {
      throw new Error('a bug');
    },
  });
  host?.wait({
    onHostResolved: () => {
      told = true;
    },
  });
  resolver.answer('10.0.0.1');
  t.ok(told);
  timers.advance(30_000);
  t.equal(resolver.queries.length, 1, 'it is asked for again');
});

t.test('the TTL says when the name is asked for again, within bounds', async (t) => {
  const { timers, resolver, load, log } = fixture();
  const host = load('a.test');
  resolver.answer('10.0.0.1');
  timers.advance(29_999);
  t.equal(resolver.queries.length, 0);
  timers.advance(1);
  t.equal(resolver.queries.length, 1);
  resolver.answer({ address: '10.0.0.1', family: 4, ttl: 1 });
  timers.advance(4_999);
  t.equal(resolver.queries.length, 0, 'no sooner than dns_min_refresh_rate');
  timers.advance(1);
  resolver.answer({ address: '10.0.0.9', family: 4, ttl: 1 });
  t.same(log, ['a.test:80 10.0.0.1:80', 'a.test:80 10.0.0.9:80']);
  timers.advance(5_000);
  resolver.answer();
  t.equal(host?.addresses[0]?.text, '10.0.0.9:80', 'without an address the last one stays');
  timers.advance(59_999);
  t.equal(resolver.queries.length, 0);
  timers.advance(1);
  t.equal(resolver.queries.length, 1, 'dns_refresh_rate where there is no TTL');
});

t.test('a name that nobody asks for goes', async (t) => {
  const { timers, resolver, load, log, stat, cache } = fixture({ hostTtlMs: 40_000 });
  load('a.test');
  resolver.answer('10.0.0.1');
  timers.advance(30_000);
  resolver.answer('10.0.0.1');
  cache.find('a.test:80')?.touch();
  timers.advance(30_000);
  t.equal(resolver.queries.length, 1, 'it was in use');
  resolver.answer('10.0.0.1');
  timers.advance(30_000);
  t.equal(resolver.queries.length, 0);
  t.same(log.at(-1), 'a.test:80 gone');
  t.equal(stat('host_removed'), 1);
  t.equal(timers.pending.size, 0);
});

t.test('a failure is repeated with back-off', async (t) => {
  const { timers, resolver, load } = fixture({ failureRefresh: { baseMs: 1000, maxMs: 4000 } });
  const host = load('a.test');
  resolver.fail();
  t.equal(host && failureDetails(host), 'dns_resolution_failure{the_name_server_failed}');
  const ceilings = [1000, 2000, 4000, 4000];
  for (const ceiling of ceilings) {
    const [timer] = timers.pending;
    t.ok(timer !== undefined && timer.delayMs <= ceiling && timer.delayMs >= 1, `at most ${ceiling} ms`);
    timers.advance(ceiling);
    t.equal(resolver.queries.length, 1);
    resolver.fail();
  }
  timers.advance(4000);
  resolver.answer('10.0.0.1');
  t.equal(host && failureDetails(host), 'dns_resolution_failure', 'forgotten');
});

t.test('disable_dns_refresh_on_failure: the name goes at once', async (t) => {
  const { resolver, load, timers, stat } = fixture({ refreshOnFailure: false });
  let failure = '';
  load('a.test')?.wait({
    onHostResolved: (host) => {
      failure = failureDetails(host);
    },
  });
  resolver.fail();
  t.equal(failure, 'dns_resolution_failure{the_name_server_failed}');
  t.equal(stat('host_removed'), 1);
  t.equal(timers.pending.size, 0);
  load('a.test');
  t.equal(resolver.queries.length, 1, 'the next request asks anew');
});

t.test('dns_query_timeout', async (t) => {
  const { resolver, load, timers, stat } = fixture();
  const host = load('a.test');
  timers.advance(5_000);
  t.equal(resolver.cancelled, 1);
  t.equal(stat('dns_query_timeout'), 1);
  t.equal(stat('dns_query_failure'), 1);
  t.equal(host && failureDetails(host), 'dns_resolution_failure{resolve_timeout}');
  const without = fixture({ queryTimeoutMs: 0 });
  without.load('a.test');
  t.equal(without.timers.pending.size, 0, '0: the resolver decides');
});

t.test('an attack with many names fills no more than max_hosts', async (t) => {
  const { load, stat, cache, timers } = fixture({ maxHosts: 100 });
  for (let i = 0; i < 100_000; i++) load(`n${i}.test`);
  t.equal([...cache.hosts()].length, 100);
  t.equal(stat('host_overflow'), 99_900);
  t.equal(timers.pending.size, 100, 'a timer for each name, no more');
});

t.test('the circuit breaker counts who waits', async (t) => {
  const { cache, stat } = fixture({ maxPending: 2 });
  const { stats } = cache;
  t.ok(cache.acquirePending());
  t.equal(stats.rqPendingRemaining.value, 1);
  t.ok(cache.acquirePending());
  t.equal(stats.rqPendingOpen.value, 1);
  t.notOk(cache.acquirePending());
  t.equal(stat('dns_rq_pending_overflow'), 1);
  cache.releasePending();
  t.equal(stats.rqPendingOpen.value, 0);
  t.equal(stats.rqPendingRemaining.value, 1);
});

t.test('preresolve_hostnames; all families', async (t) => {
  const { resolver, log } = fixture({
    family: 'all',
    preresolve: [
      { host: 'a.test', port: 443 },
      { host: 'a.test', port: 443 },
      { host: 'b.test', port: 80 },
    ],
  });
  t.same(
    resolver.queries.map(({ name }) => name),
    ['a.test', 'b.test'],
  );
  resolver.answer('10.0.0.1', { address: '::1', family: 6, ttl: 30 });
  t.same(log, ['a.test:443 10.0.0.1:443,[::1]:443']);
});

t.test('addresses that are denied', async (t) => {
  const denied = { ranges: ['10.0.0.0/8', 'fc00::/7'], inverted: false };
  const { load, resolver, timers, stat, log } = fixture({ denied, family: 'all' });
  const host = load('a.test');
  resolver.answer('10.0.0.1', { address: 'fd00::1', family: 6, ttl: 30 }, '192.0.2.1');
  t.same(log, ['a.test:80 192.0.2.1:80']);
  t.equal(stat('dns_address_filter_out'), 2);
  timers.advance(30_000);
  resolver.answer('10.0.0.1');
  t.equal(host?.addresses[0]?.text, '192.0.2.1:80', 'a name that turns to a denied address later keeps what it had');
  const other = load('b.test');
  resolver.answer('10.0.0.1');
  t.equal(other && failureDetails(other), 'dns_resolution_failure{address_denied}');
  const only = fixture({ denied: { ...denied, inverted: true } });
  const inside = only.load('a.test');
  only.resolver.answer('192.0.2.1');
  t.equal(inside && failureDetails(inside), 'dns_resolution_failure{address_denied}');
});

t.test('a cache is shared by name; other settings take the name over', async (t) => {
  const { world } = fixture();
  const first = sharedDnsCache(defaults, world);
  t.equal(sharedDnsCache({ ...defaults }, world), first);
  const second = sharedDnsCache({ ...defaults, maxHosts: 5 }, world);
  t.not(second, first);
  t.equal(sharedDnsCache({ ...defaults, maxHosts: 5 }, world), second);
  t.not(sharedDnsCache(defaults, { ...world, rootStats: new StatsStore() }), first, 'of another process');
});
