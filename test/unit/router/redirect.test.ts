// Redirects and direct responses. Answers are those of Envoy 1.40.0.
// covers: envoy.config.route.v3.Route.{redirect, direct_response}
// covers: envoy.config.route.v3.RedirectAction.{https_redirect, scheme_redirect, host_redirect, port_redirect, path_redirect}
// covers: envoy.config.route.v3.RedirectAction.{prefix_rewrite, regex_rewrite, response_code, strip_query}
// covers: envoy.config.route.v3.DirectResponseAction.{status, body}
// covers: envoy.config.route.v3.RouteConfiguration.max_direct_response_body_size_bytes
// covers: envoy.config.core.v3.DataSource.{filename, inline_bytes, inline_string, environment_variable}
import { join } from 'node:path';
import t from 'tap';
import { ResponseHeaders } from '../../../src/http/headers/header-map.ts';
import { buildRoutes, linesOf, request, routeOf, tryBuild } from '../../support/route-table.ts';

const redirect = (match: object, action: object): object => ({ match, redirect: action });
const regex = (pattern: string, substitution: string): object => ({ pattern: { regex: pattern }, substitution });

t.test('Location', async (t) => {
  const table = await buildRoutes([
    redirect({ prefix: '/https' }, { httpsRedirect: true }),
    redirect({ prefix: '/scheme' }, { schemeRedirect: 'ftp' }),
    redirect({ prefix: '/hport' }, { hostRedirect: 'new.host:99' }),
    redirect({ prefix: '/host' }, { hostRedirect: 'new.host' }),
    redirect({ prefix: '/port' }, { portRedirect: 8443 }),
    redirect({ prefix: '/path' }, { pathRedirect: '/new' }),
    redirect({ prefix: '/pq' }, { pathRedirect: '/new?x=1' }),
    redirect({ path: '/prq' }, { prefixRewrite: '/a?b=c' }),
    redirect({ prefix: '/pre' }, { prefixRewrite: '/rw' }),
    redirect({ prefix: '/rx' }, { regexRewrite: regex('^/rx/(.*)$', '/\\1/end') }),
    redirect({ prefix: '/sq' }, { stripQuery: true }),
    redirect({ prefix: '/spq' }, { stripQuery: true, pathRedirect: '/new?x=1' }),
    redirect({ prefix: '/strip' }, { stripQuery: true, prefixRewrite: '/zz' }),
    redirect({ prefix: '/sp' }, { stripQuery: true, pathRedirect: '/new' }),
    redirect({ prefix: '/hfalse' }, { httpsRedirect: false }),
    redirect({ prefix: '/both' }, { httpsRedirect: true, portRedirect: 8443 }),
    redirect({ prefix: '/nop' }, {}),
    redirect({ prefix: '/frag' }, { pathRedirect: '/new#f' }),
    redirect({ prefix: '/' }, { prefixRewrite: '/rw' }),
  ]);
  const answers: [path: string, host: string, location: string, proto?: string][] = [
    ['/https/a?b=c', 'x', 'https://x/https/a?b=c'],
    ['/https', 'x:80', 'https://x/https'],
    ['/https', 'x:443', 'https://x:443/https'],
    ['/https', 'x:8080', 'https://x:8080/https'],
    ['/https', '[::1]:80', 'https://[::1]/https'],
    ['/https', '[::1]', 'https://[::1]/https'],
    ['/https', 'UP.com:80', 'https://UP.com/https'],
    ['/https', 'x:443', 'https://x:443/https', 'https'],
    ['/port', 'x', 'http://x:8443/port'],
    ['/port', 'x:443', 'http://x:8443/port'],
    ['/port', '[::1]:80', 'http://[::1]:8443/port'],
    ['/scheme', 'x:80', 'ftp://x/scheme'],
    ['/scheme', 'x:443', 'ftp://x:443/scheme'],
    ['/host', 'x:8080', 'http://new.host/host'],
    ['/hport', 'x', 'http://new.host:99/hport'],
    ['/both', 'x:80', 'https://x:8443/both'],
    ['/both', '[::1]', 'https://[::1]:8443/both'],
    ['/path?q=1', 'x', 'http://x/new?q=1'],
    ['/path', 'x', 'http://x/new'],
    ['/pq?q=1', 'x', 'http://x/new?x=1'],
    ['/pre/x?q', 'x', 'http://x/rw/x?q'],
    ['/rx/aa?q', 'x', 'http://x/aa/end?q'],
    ['/sq/a?b', 'x', 'http://x/sq/a'],
    ['/spq?z', 'x', 'http://x/new?x=1'],
    ['/sp?z', 'x', 'http://x/new'],
    ['/strip/x?q', 'x', 'http://x/zz/x'],
    ['/hfalse', 'x', 'http://x/hfalse'],
    ['/nop?a', 'x', 'http://x/nop?a'],
    ['/nop', 'x:443', 'https://x:443/nop', 'https'],
    ['/prq?q', 'x', 'http://x/a?b=c?q'],
    ['/frag?q', 'x', 'http://x/new#f?q'],
    ['/a', 'x', 'http://x/rwa'],
  ];
  for (const [path, host, location, scheme = 'http'] of answers) {
    const context = request({ path, host, scheme, headers: [`x-forwarded-proto: ${scheme}`] });
    const route = routeOf(table, context);
    t.equal(
      route.kind === 'redirect' ? route.location(context.headers, context.streamInfo) : route.kind,
      location,
      `${host}${path}`,
    );
  }
});

t.test('status of redirects', async (t) => {
  for (const [responseCode, status] of Object.entries({
    MOVED_PERMANENTLY: 301,
    FOUND: 302,
    SEE_OTHER: 303,
    TEMPORARY_REDIRECT: 307,
    PERMANENT_REDIRECT: 308,
  })) {
    t.match(
      routeOf(await buildRoutes([redirect({ prefix: '/' }, { responseCode })])),
      { kind: 'redirect', status },
      responseCode,
    );
  }
});

t.test('header rules apply to redirects and direct responses', async (t) => {
  const rules = { responseHeadersToAdd: [{ header: { key: 'x-path', value: '%REQ(:path)%' } }] };
  const table = await buildRoutes([
    { match: { prefix: '/r' }, redirect: {}, ...rules },
    { match: { prefix: '/d' }, directResponse: { status: 200 }, ...rules },
  ]);
  for (const path of ['/r', '/d']) {
    const context = request(path);
    const response = new ResponseHeaders(200);
    routeOf(table, context).finalizeResponse(response, context.streamInfo, context.headers);
    t.same(linesOf(response), [`x-path: ${path}`]);
  }
});

t.test('direct responses', async (t) => {
  const file = join(t.testdir({ body: 'from a file\n' }), 'body');
  process.env['REMORA_TEST_BODY'] = 'from the environment';
  t.teardown(() => {
    delete process.env['REMORA_TEST_BODY'];
  });
  const bodyOf = async (body: object): Promise<unknown> => {
    const route = routeOf(await buildRoutes([{ match: { prefix: '/' }, directResponse: { status: 418, body } }]));
    if (route.kind !== 'direct') return route.kind;
    const { headers, streamInfo } = request();
    return [route.status, Buffer.from(route.body(headers, streamInfo), 'latin1').toString()];
  };
  t.same(await bodyOf({ inlineString: 'grün' }), [418, 'grün']);
  t.same(await bodyOf({ inlineBytes: Buffer.from('hello').toString('base64') }), [418, 'hello']);
  t.same(await bodyOf({ filename: file }), [418, 'from a file\n']);
  t.same(await bodyOf({ environmentVariable: 'REMORA_TEST_BODY' }), [418, 'from the environment']);
  const none = routeOf(await buildRoutes([{ match: { prefix: '/' }, directResponse: { status: 204 } }]));
  t.match(none, { kind: 'direct', status: 204, contentType: '' });
});

t.test('bodies that cannot be used', async (t) => {
  const file = join(t.testdir(), 'body');

  const errorOf = async (body: object, more: object = {}): Promise<unknown> => {
    const { table, diagnostics } = await tryBuild({
      virtualHosts: [
        { name: 'v', domains: ['*'], routes: [{ match: { prefix: '/' }, directResponse: { status: 200, body } }] },
      ],
      ...more,
    });
    t.equal(table, undefined);
    return diagnostics
      .filter(({ severity }) => severity === 'error')
      .map(({ message }) => message)
      .join();
  };
  process.env['REMORA_TEST_BODY'] = 'x'.repeat(5000);
  t.teardown(() => {
    delete process.env['REMORA_TEST_BODY'];
  });
  t.match(await errorOf({ environmentVariable: 'REMORA_TEST_BODY' }), /5000 bytes.*4096/);
  t.match(await errorOf({ inlineString: 'xxxxx' }, { maxDirectResponseBodySizeBytes: 4 }), /5 bytes.*4/);
  t.match(await errorOf({ environmentVariable: 'REMORA_TEST_NONE' }), /'REMORA_TEST_NONE' is not set/);
  t.match(await errorOf({ filename: `${file}.none` }), /no file|cannot be read/i);
});
