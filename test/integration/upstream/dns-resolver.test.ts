// The resolvers against a name server of our own on loopback.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { ipAddress } from '../../../src/base/address.ts';
import {
  type DnsFamily,
  type DnsResolution,
  type DnsResolver,
  defaultDnsResolverConfig,
} from '../../../src/network/dns.ts';
import { CaresResolver } from '../../../src/network/dns-cares.ts';
import { DnsResolvers } from '../../../src/network/dns-resolvers.ts';
import { createDnsStats } from '../../../src/network/dns-stats.ts';
import {
  parseHosts,
  parseSearchRules,
  SystemDnsFiles,
  searchCandidates,
} from '../../../src/network/dns-system-files.ts';
import { DnsServer } from '../../support/dns-server.ts';
import { StatsStore, statsOf } from '../../unit/upstream/support.ts';

interface Fixture {
  readonly server: DnsServer;
  readonly resolver: DnsResolver;
  readonly store: StatsStore;
}

async function fixture(test: Test, files: { hosts?: string; resolvConf?: string } = {}, tries = 1): Promise<Fixture> {
  const folder = test.testdir({ hosts: files.hosts ?? '', 'resolv.conf': files.resolvConf ?? '' });
  const server = await DnsServer.listen();
  test.teardown(() => server.close());
  const store = new StatsStore();
  const config = {
    kind: 'cares',
    servers: [ipAddress('127.0.0.1', server.port)],
    serversAreFallback: false,
    noSearchDomains: false,
    queryTimeoutMs: 200,
    queryTries: tries,
  } as const;
  const system = new SystemDnsFiles(join(folder, 'hosts'), join(folder, 'resolv.conf'));
  return { server, resolver: new CaresResolver(config, system, createDnsStats(store)), store };
}

function resolve(resolver: DnsResolver, name: string, family: DnsFamily = 'all'): Promise<DnsResolution> {
  return new Promise((done) => {
    resolver.resolve(name, family, { onResolved: done });
  });
}

function addressesOf(resolution: DnsResolution): string[] | string {
  return resolution.status === 'completed' ? resolution.addresses.map(({ address }) => address) : resolution.details;
}

t.test('families: what is asked and what is taken', async (t) => {
  const { server, resolver } = await fixture(t);
  server.records.set('both.test', { a: ['10.0.0.1', '10.0.0.2'], aaaa: ['fd00::1'], ttl: 9 });
  server.records.set('four.test', { a: ['10.0.0.4'] });
  const cases: readonly (readonly [string, DnsFamily, readonly string[], readonly string[]])[] = [
    ['both.test', 'auto', ['fd00::1'], ['AAAA both.test']],
    ['both.test', 'v4_preferred', ['10.0.0.1', '10.0.0.2'], ['A both.test']],
    ['both.test', 'v4_only', ['10.0.0.1', '10.0.0.2'], ['A both.test']],
    ['both.test', 'v6_only', ['fd00::1'], ['AAAA both.test']],
    ['both.test', 'all', ['10.0.0.1', '10.0.0.2', 'fd00::1'], ['A both.test', 'AAAA both.test']],
    ['four.test', 'auto', ['10.0.0.4'], ['AAAA four.test', 'A four.test']],
    ['four.test', 'v6_only', [], ['AAAA four.test']],
  ];
  for (const [name, family, expected, asked] of cases) {
    server.queries.length = 0;
    const found = addressesOf(await resolve(resolver, name, family));
    t.same([...found].sort(), [...expected].sort(), `${name} ${family}`);
    t.same(server.queries.slice().sort(), [...asked].sort(), `${name} ${family} asks`);
  }
});

t.test('TTLs come along', async (t) => {
  const { server, resolver } = await fixture(t);
  server.records.set('a.test', { a: ['10.0.0.1'], ttl: 42 });
  t.match(await resolve(resolver, 'a.test', 'v4_only'), { addresses: [{ address: '10.0.0.1', family: 4, ttl: 42 }] });
});

t.test('no such name and no such record are answers; a server that fails or is silent is not', async (t) => {
  const { server, resolver, store } = await fixture(t);
  server.records.set('none.test', {});
  server.records.set('broken.test', { rcode: 2 });
  server.records.set('silent.test', { silent: true });
  t.match(await resolve(resolver, 'missing.test'), {
    status: 'completed',
    addresses: [],
    code: 'cares_norecords:Domain name not found',
  });
  t.match(await resolve(resolver, 'none.test'), {
    status: 'completed',
    addresses: [],
    code: 'cares_norecords:DNS server returned answer with no data',
  });
  t.same(await resolve(resolver, 'broken.test', 'v4_only'), {
    status: 'failure',
    details: 'the name server failed',
    code: 'cares_failure:DNS server returned general failure',
  });
  t.same(await resolve(resolver, 'silent.test', 'v4_only'), {
    status: 'failure',
    details: 'no name server answered in time',
    code: 'cares_failure:Timeout while contacting DNS servers',
  });
  t.match(statsOf(store, 'dns.cares.'), { resolve_total: 4, not_found: 2, get_addr_failure: 2, timeouts: 1 });
  t.equal(statsOf(store, 'dns.cares.')['pending_resolutions'], undefined);
});

t.test('literals and the hosts file ask nobody', async (t) => {
  const hosts = '# comment\n10.1.1.1 db db.local # more\nfd00::5 db\nnonsense here\n';
  const { server, resolver } = await fixture(t, { hosts });
  t.same(addressesOf(await resolve(resolver, '10.9.9.9')), ['10.9.9.9']);
  t.same(addressesOf(await resolve(resolver, '::1', 'v6_only')), ['::1']);
  t.same(addressesOf(await resolve(resolver, 'DB')), ['10.1.1.1', 'fd00::5']);
  t.same(addressesOf(await resolve(resolver, 'db', 'auto')), ['fd00::5']);
  t.same(addressesOf(await resolve(resolver, 'db', 'v4_preferred')), ['10.1.1.1']);
  t.same(addressesOf(await resolve(resolver, 'localhost', 'v4_only')), ['127.0.0.1']);
  t.match(await resolve(resolver, '::1', 'v4_only'), {
    status: 'failure',
    code: 'cares_failure:Misformatted domain name',
  });
  t.same(server.queries, []);
});

t.test('a hosts file that changes is read again', async (t) => {
  const folder = t.testdir({ hosts: '10.0.0.1 a\n' });
  const files = new SystemDnsFiles(join(folder, 'hosts'), join(folder, 'absent'));
  t.same(files.addresses('a'), ['10.0.0.1']);
  writeFileSync(join(folder, 'hosts'), '10.0.0.2 a\n');
  // The modification time may not have moved within the clock's grain: the size has not changed either.
  const { utimesSync } = await import('node:fs');
  utimesSync(join(folder, 'hosts'), 5, 5);
  t.same(files.addresses('a'), ['10.0.0.2']);
  t.same(files.searchRules(), { domains: [], ndots: 1 });
});

t.test('search domains, as in a Kubernetes pod', async (t) => {
  const resolvConf = 'search ns.svc.cluster.local svc.cluster.local\noptions ndots:5\n';
  const { server, resolver } = await fixture(t, { resolvConf });
  server.records.set('web.ns.svc.cluster.local', { a: ['10.0.0.1'] });
  server.records.set('web.other.svc.cluster.local', { a: ['10.0.0.2'] });
  t.same(addressesOf(await resolve(resolver, 'web', 'v4_only')), ['10.0.0.1']);
  t.same(addressesOf(await resolve(resolver, 'web.other', 'v4_only')), ['10.0.0.2']);
  t.same(server.queries, [
    'A web.ns.svc.cluster.local',
    'A web.other.ns.svc.cluster.local',
    'A web.other.svc.cluster.local',
  ]);
});

t.test('the rules of resolv.conf', async (t) => {
  const rules = parseSearchRules('nameserver 10.0.0.1\ndomain a\nsearch b c # d\noptions timeout:1 ndots:2\n');
  t.same(rules, { domains: ['b', 'c'], ndots: 2 });
  t.same(searchCandidates('x', rules), ['x.b', 'x.c', 'x']);
  t.same(searchCandidates('x.y.z', rules), ['x.y.z', 'x.y.z.b', 'x.y.z.c']);
  t.same(searchCandidates('x.', rules), ['x.']);
  t.same(parseHosts('1.2.3.4 a A b\n1.2.3.4 a\n').get('a'), ['1.2.3.4']);
});

t.test('a query that was cancelled says nothing', async (t) => {
  const { server, resolver, store } = await fixture(t);
  server.records.set('a.test', { a: ['10.0.0.1'] });
  let called = false;
  resolver
    .resolve('a.test', 'all', {
      onResolved: () => {
        called = true;
      },
    })
    .cancel();
  await resolve(resolver, 'a.test');
  t.notOk(called);
  t.equal(statsOf(store, 'dns.cares.')['pending_resolutions'], undefined);
});

t.test('one resolver for each configuration; getaddrinfo by choice', async (t) => {
  const resolvers = new DnsResolvers(new StatsStore());
  t.equal(resolvers.get(null), resolvers.get(defaultDnsResolverConfig));
  const system = resolvers.get({ kind: 'getaddrinfo' });
  t.not(system, resolvers.get(null));
  t.same(addressesOf(await resolve(system, '127.0.0.1')), ['127.0.0.1']);
  t.same(addressesOf(await resolve(system, '127.0.0.1', 'v6_only')), []);
});
