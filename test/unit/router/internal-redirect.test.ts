// How policies for redirects that the proxy follows itself are read; what they do is shown by the parity suite
// internal-redirect. Answers are those of Envoy 1.40.0.
// covers: envoy.config.route.v3.InternalRedirectPolicy.{redirect_response_codes, response_headers_to_copy}
import t from 'tap';
import { readAbsoluteUrl } from '../../../src/base/absolute-url.ts';
import { buildRoutes, forwardRouteOf, forwardTo, tryBuild } from '../../support/route-table.ts';

const withPolicy = (internalRedirectPolicy: object): Parameters<typeof tryBuild>[0] => ({
  virtualHosts: [{ name: 'v', domains: ['*'], routes: [forwardTo({ prefix: '/' }, { internalRedirectPolicy })] }],
});

t.test('none without being asked for', async (t) => {
  const table = await buildRoutes([forwardTo({ prefix: '/' })]);
  t.equal(forwardRouteOf(table).internalRedirects, null);
});

t.test('defaults', async (t) => {
  const table = await buildRoutes([forwardTo({ prefix: '/' }, { internalRedirectPolicy: {} })]);
  t.match(forwardRouteOf(table).internalRedirects, { max: 1, codes: [302], allowCrossScheme: false });
});

t.test('a code that is never followed is told', async (t) => {
  const { table, diagnostics } = await tryBuild(withPolicy({ redirectResponseCodes: [304, 302] }));
  t.ok(table);
  t.match(diagnostics, [{ severity: 'warning', code: 'RMR0605', message: /304/ }]);
});

t.test('where the request goes cannot be copied from a header', async (t) => {
  const { table, diagnostics } = await tryBuild(withPolicy({ responseHeadersToCopy: [':path', 'Host', 'x-a'] }));
  t.equal(table, undefined);
  t.match(diagnostics, [
    { code: 'RMR0600', message: /':path'/ },
    { code: 'RMR0600', message: /'Host'/ },
  ]);
});

t.test('locations', async (t) => {
  for (const [url, scheme, hostAndPort, pathAndQuery] of [
    ['HTTP://a.test', 'http', 'a.test', '/'],
    ['http://u:p@a.test:81/b?c=/d#e', 'http', 'a.test:81', '/b?c=/d'],
    ['https://a.test?q', 'https', 'a.test', '/?q'],
  ] as const) {
    t.strictSame(readAbsoluteUrl(url), { scheme, hostAndPort, pathAndQuery }, url);
  }
  for (const url of ['', '/a', 'http://', 'not a url', 'http://a.test/b c'])
    t.equal(readAbsoluteUrl(url), undefined, url);
});
