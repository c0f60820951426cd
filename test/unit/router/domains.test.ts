// Choice of the virtual host. Answers are those of Envoy 1.40.0.
// covers: envoy.config.route.v3.RouteConfiguration.{name, virtual_hosts, ignore_port_in_host_matching, vhost_header}
// covers: envoy.config.route.v3.VirtualHost.{name, domains, routes}
import t, { type Test } from 'tap';
import type { RouteTable } from '../../../src/router/api.ts';
import { build, match, named, request, tryBuild } from '../../support/route-table.ts';

const virtualHost = (name: string, ...domains: string[]): object => ({
  name,
  domains,
  routes: [named(name, { prefix: '/' })],
});

function check(t: Test, table: RouteTable, answers: Readonly<Record<string, string>>): void {
  for (const [host, expected] of Object.entries(answers))
    t.equal(match(table, { host }) ?? '-', expected, `host '${host}'`);
}

t.test('exact, then the longest suffix, then the longest prefix, then the star', async (t) => {
  const table = await build({
    virtualHosts: [
      virtualHost('star', '*'),
      virtualHost('suffix', '*.foo.com'),
      virtualHost('suffix2', '*.b.foo.com'),
      virtualHost('dash', '*foo.com'),
      virtualHost('exact', 'Foo.com'),
      virtualHost('prefix', 'foo.*'),
      virtualHost('port', 'foo.com:8080'),
      virtualHost('ip6', '[::1]'),
    ],
  });
  check(t, table, {
    'foo.com': 'exact',
    'FOO.com': 'exact',
    'foo.com:80': 'prefix',
    'foo.com.': 'prefix',
    'a.foo.com': 'suffix',
    '.foo.com': 'dash',
    'a.b.foo.com': 'suffix2',
    'foo.net': 'prefix',
    'foo.': 'star',
    foo: 'star',
    'foo.com:8080': 'port',
    '[::1]:80': 'star',
    '[::1]': 'ip6',
    'xfoo.com': 'dash',
    '': 'star',
    'foo.com:': 'prefix',
    'b.foo.com:99': 'star',
  });
});

t.test('ignore_port_in_host_matching', async (t) => {
  const table = await build({
    ignorePortInHostMatching: true,
    virtualHosts: [
      virtualHost('star', '*'),
      virtualHost('suffix', '*.foo.com'),
      virtualHost('exact', 'foo.com'),
      virtualHost('port', 'foo.com:8080'),
      virtualHost('ip6', '[::1]'),
      virtualHost('bare', '::1'),
      virtualHost('empty', ''),
      virtualHost('q', 'a:b'),
    ],
  });
  check(t, table, {
    'foo.com': 'exact',
    'foo.com:80': 'exact',
    'foo.com:8080': 'exact',
    'foo.com:': 'exact',
    'foo.com:abc': 'exact',
    'foo.com:80:80': 'star',
    'foo.com.': 'star',
    'b.foo.com:99': 'suffix',
    '[::1]:80': 'ip6',
    '[::1]': 'ip6',
    '::1': 'star',
    ':80': 'empty',
    'a:b': 'star',
    'a:b:80': 'q',
    '[::1': 'star',
  });
});

t.test('odd domains', async (t) => {
  const table = await build({
    virtualHosts: [virtualHost('mid', 'a*b'), virtualHost('two', '**'), virtualHost('empty', '')],
  });
  check(t, table, { 'a*b': 'mid', ab: '-', acb: '-', '**': 'two', '': 'empty', 'x*': 'two' });
});

t.test('a domain stands once', async (t) => {
  for (const domains of [
    [['x.com'], ['X.com']],
    [['*'], ['*']],
    [['x', 'x'], ['y']],
    [['*.x'], ['*.X']],
    [['x.*'], ['x.*']],
  ]) {
    const { table, diagnostics } = await tryBuild({
      virtualHosts: domains.map((list, i) => virtualHost(`v${i}`, ...list)),
    });
    t.equal(table, undefined, JSON.stringify(domains));
    t.match(diagnostics, [{ code: 'RMR0602' }]);
    t.equal(diagnostics.length, 1);
  }
  const { table } = await tryBuild({ virtualHosts: [virtualHost('same', 'x'), virtualHost('same', 'y')] });
  t.ok(table, 'names may be the same');
});

t.test('vhost_header stands for the authority', async (t) => {
  const virtualHosts = [virtualHost('a', 'a.com'), virtualHost('star', '*'), virtualHost('x', 'x')];
  const table = await build({ vhostHeader: 'x-vh', virtualHosts });
  t.equal(match(table, { headers: ['x-vh: A.com'] }), 'a');
  t.equal(match(table, { headers: ['x-vh: a.com:80'] }), 'star');
  t.equal(match(table, { host: 'a.com' }), 'star');
  t.equal(match(table, { host: 'x', headers: ['x-vh:'] }), 'star');
  const ignoring = await build({
    vhostHeader: 'x-vh',
    ignorePortInHostMatching: true,
    virtualHosts: [virtualHost('a', 'a.com')],
  });
  t.equal(match(ignoring, { headers: ['x-vh: A.com:80'] }), 'a');
  t.equal(match(ignoring, { host: 'a.com' }), undefined);
});

t.test('why there is none, in words', async (t) => {
  const table = await build({
    virtualHosts: [virtualHost('shop', 'shop.example.com'), virtualHost('api', 'api.example.com:8443')],
  });
  const cause = (host: string): string => {
    const result = table.match(request({ host }));
    return result.kind === 'none' ? result.cause : 'matched';
  };
  t.match(
    cause('shop.example.com:8080'),
    /no virtual host has a domain for authority 'shop.example.com:8080' \(without the port ':8080' it would be virtual host 'shop'/,
  );
  t.match(cause('api.example.com'), /nearest: 'api.example.com:8443', which asks for a port/);
  t.match(cause('shop.example.com.'), /strip_trailing_host_dot/);
  t.match(cause('shpo.example.com'), /nearest: 'shop.example.com'/);
  t.equal(cause('other'), "no virtual host has a domain for authority 'other'");
  const empty = (await build({ virtualHosts: [] })).match(request());
  t.match(empty, { cause: /has no virtual hosts/ });
});

t.test('the nearest of thousands of domains', async (t) => {
  const domains = Array.from({ length: 3000 }, (_, i) => `service-${i}.team-${i % 50}.svc.cluster.local`);
  const table = await build({ virtualHosts: [virtualHost('many', ...domains)] });
  const cause = (host: string): string => {
    const result = table.match(request({ host }));
    return result.kind === 'none' ? result.cause : 'matched';
  };
  t.match(cause('service-7.teams-7.svc.cluster.local'), /nearest: 'service-7.team-7.svc.cluster.local'/);
  t.match(cause('servcie-2999.team-49.svc.cluster.local'), /nearest: 'service-2999.team-49.svc.cluster.local'/);
  t.equal(cause('elsewhere.com'), "no virtual host has a domain for authority 'elsewhere.com'");
});
