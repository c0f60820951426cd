// Choice of the route. Answers are those of Envoy 1.40.0 where a comment says nothing else.
// covers: envoy.config.route.v3.RouteMatch.{prefix, path, safe_regex, path_separated_prefix, connect_matcher}
// covers: envoy.config.route.v3.RouteMatch.{case_sensitive, headers, query_parameters, runtime_fraction, grpc}
// covers: envoy.config.route.v3.RouteConfiguration.ignore_path_parameters_in_path_matching
// covers: envoy.config.route.v3.VirtualHost.require_tls
// covers: envoy.config.route.v3.RouteMatch.{cookies, tls_context, dynamic_metadata, filter_state}
// covers: envoy.config.route.v3.Route.{name, match}
// covers: envoy.config.core.v3.RuntimeFractionalPercent.default_value
// covers: envoy.type.v3.FractionalPercent.{numerator, denominator}
import t from 'tap';
import { buildRoutes, match, named, request } from '../../support/route-table.ts';

t.test('paths', async (t) => {
  const table = await buildRoutes([
    named('exact', { path: '/exact' }),
    named('ci', { path: '/CI', caseSensitive: false }),
    named('pre', { prefix: '/pre' }),
    named('sep', { pathSeparatedPrefix: '/sep' }),
    named('q', { prefix: '/q?x' }),
    named('rx', { safeRegex: { regex: '/rx/.*' } }),
    named('no', { safeRegex: { regex: '/no' } }),
    named('up', { prefix: '/UP', caseSensitive: false }),
    named('sepci', { pathSeparatedPrefix: '/SepCi', caseSensitive: false }),
    named('rxci', { safeRegex: { regex: '/RXCI' }, caseSensitive: false }),
    named('any', { safeRegex: { regex: '/any.' } }),
  ]);
  const answers: Record<string, string> = {
    '/exact': 'exact',
    '/exact?': 'exact',
    '/exact?a=b': 'exact',
    '/exact/': '-',
    '/exactx': '-',
    '/Exact': '-',
    '/exact%23': '-',
    '/exact;p': '-',
    '/%65xact': '-',
    '//exact': '-',
    '/ci': 'ci',
    '/Ci?x': 'ci',
    '/pre': 'pre',
    '/prefix': 'pre',
    '/pre?x': 'pre',
    '/pr': '-',
    '/sep': 'sep',
    '/sep/': 'sep',
    '/sep/x': 'sep',
    '/sepx': '-',
    '/sep?x': 'sep',
    '/sep;x': '-',
    '/q?x': '-',
    '/q?xy': '-',
    '/rx/a?b': 'rx',
    '/rx': '-',
    '/rx/': 'rx',
    '/no/x': '-',
    '/no?x': 'no',
    '/xno': '-',
    '/up/x': 'up',
    '/uP': 'up',
    '/sepci/x': 'sepci',
    '/sepciX': '-',
    '/rxci': '-',
    '/RXCI': 'rxci',
    '/anyx': 'any',
    '*': '-',
    '': '-',
  };
  for (const [path, expected] of Object.entries(answers)) t.equal(match(table, path) ?? '-', expected, path);
});

t.test('the first in the configuration wins, whatever its kind', async (t) => {
  const table = await buildRoutes([
    named('regex', { safeRegex: { regex: '/a/b.*' }, headers: [{ name: 'x-regex' }] }),
    named('prefix', { prefix: '/a', headers: [{ name: 'x-prefix' }] }),
    named('lower', { prefix: '/A', caseSensitive: false, headers: [{ name: 'x-lower' }] }),
    named('exact', { path: '/a/b' }),
    named('root', { prefix: '/' }),
  ]);
  t.equal(match(table, '/a/b'), 'exact');
  t.equal(match(table, { path: '/a/b', headers: ['x-prefix: 1'] }), 'prefix');
  t.equal(match(table, { path: '/a/b', headers: ['x-lower: 1', 'x-prefix: 1'] }), 'prefix');
  t.equal(match(table, { path: '/A/b', headers: ['x-lower: 1', 'x-prefix: 1'] }), 'lower');
  t.equal(match(table, { path: '/a/b', headers: ['x-regex: 1', 'x-prefix: 1'] }), 'regex');
  t.equal(match(table, '/other'), 'root');
});

t.test('ignore_path_parameters_in_path_matching', async (t) => {
  const table = await buildRoutes(
    [
      named('ab', { path: '/a/b' }),
      named('pre', { prefix: '/pre/c' }),
      named('rx', { safeRegex: { regex: '/rx' } }),
      named('root', { prefix: '/' }),
    ],
    { ignorePathParametersInPathMatching: true },
  );
  for (const [path, expected] of Object.entries({
    '/a/b': 'ab',
    '/a/b;x=1': 'ab',
    '/a/b;x?q': 'ab',
    '/a;x/b': 'ab',
    '/pre;x/c': 'pre',
    '/rx;y': 'rx',
    '/a/b?;x': 'ab',
    '/;x': 'root',
    '/a;x/b;y;z': 'ab',
  })) {
    t.equal(match(table, path), expected, path);
  }
});

t.test('CONNECT', async (t) => {
  const table = await buildRoutes([named('prefix', { prefix: '/' }), named('connect', { connectMatcher: {} })]);
  t.equal(match(table, { method: 'CONNECT', path: '', host: 'x:80' }), 'connect');
  t.equal(match(table, { method: 'CONNECT', path: '/' }), 'prefix');
  t.equal(match(table, { path: '/' }), 'prefix');
});

t.test('gRPC by content type', async (t) => {
  const table = await buildRoutes([named('grpc', { prefix: '/', grpc: {} }), named('other', { prefix: '/' })]);
  for (const [type, expected] of Object.entries({
    'application/grpc': 'grpc',
    'application/grpc+proto': 'grpc',
    'application/grpc-web': 'other',
    'application/grpcx': 'other',
    'APPLICATION/GRPC': 'other',
    'application/grpc; charset=x': 'other',
  })) {
    t.equal(match(table, { headers: [`content-type: ${type}`] }), expected, type);
  }
  t.equal(match(table, {}), 'other');
});

t.test('headers, query parameters and shares must all hold', async (t) => {
  const table = await buildRoutes([
    named('all', {
      prefix: '/',
      headers: [{ name: 'x-a', stringMatch: { exact: '1' } }, { name: 'x-b' }],
      queryParameters: [{ name: 'q', stringMatch: { prefix: 'v' } }],
      runtimeFraction: { defaultValue: { numerator: 50 } },
    }),
    named('none', { prefix: '/', runtimeFraction: { defaultValue: { numerator: 0 } } }),
    named('rest', { prefix: '/' }),
  ]);
  const headers = ['x-a: 1', 'x-b: 2'];
  t.equal(match(table, { path: '/?q=v1', headers, random: 149 }), 'all');
  t.equal(match(table, { path: '/?q=v1', headers, random: 150 }), 'rest');
  t.equal(match(table, { path: '/?q=w', headers }), 'rest');
  t.equal(match(table, { path: '/?q=v', headers: ['x-a: 1'] }), 'rest');
});

t.test('require_tls', async (t) => {
  const location = async (requireTls: string, options: Parameters<typeof request>[0]): Promise<string | undefined> => {
    const table = await buildRoutes([named('route', { prefix: '/' })], {}, { requireTls });
    const context = request(options);
    const result = table.match(context);
    return result.kind === 'redirect'
      ? `${result.status} ${result.location(context.headers, context.streamInfo)}`
      : undefined;
  };
  t.equal(await location('ALL', { path: '/a?b', headers: ['x-forwarded-proto: http'] }), '301 https://x/a?b');
  t.equal(
    await location('ALL', { path: '/a', host: 'x:80', headers: ['x-forwarded-proto: http'] }),
    '301 https://x:80/a',
  );
  t.equal(await location('ALL', { headers: ['x-forwarded-proto: https'] }), undefined);
  t.equal(await location('EXTERNAL_ONLY', { headers: ['x-forwarded-proto: http'] }), '301 https://x/');
  t.equal(
    await location('EXTERNAL_ONLY', { headers: ['x-forwarded-proto: http', 'x-envoy-internal: true'] }),
    undefined,
  );
  t.equal(await location('NONE', { headers: ['x-forwarded-proto: http'] }), undefined);
});

t.test('cookies, TLS, metadata and filter state', async (t) => {
  const table = await buildRoutes([
    named('cookie', { prefix: '/', cookies: [{ name: 'c', stringMatch: { exact: 'a' } }] }),
    named('tls', { prefix: '/', tlsContext: { presented: true } }),
    named('metadata', {
      prefix: '/',
      dynamicMetadata: [{ filter: 'f', path: [{ key: 'k' }], value: { presentMatch: true } }],
    }),
    named('state', { prefix: '/', filterState: [{ key: 'k', stringMatch: { exact: 'a' } }] }),
    named('no tls', { prefix: '/', tlsContext: { presented: false, validated: false } }),
  ]);
  const nameOf = (context: ReturnType<typeof request>): string => {
    const result = table.match(context);
    return result.kind === 'none' ? '-' : result.name;
  };
  t.equal(nameOf(request()), 'no tls');
  t.equal(nameOf(request({ headers: ['cookie: b=1; c="a"'] })), 'cookie');
  const withMetadata = request();
  withMetadata.streamInfo.dynamicMetadata = new Map([['f', { k: 0 }]]);
  t.equal(nameOf(withMetadata), 'metadata');
  const withState = request();
  withState.streamInfo.filterState = new Map([['k', { text: 'a', json: undefined }]]);
  t.equal(nameOf(withState), 'state');
});

t.test('why no route matches, in words', async (t) => {
  const table = await buildRoutes([
    named('get-item', {
      path: '/items/1',
      headers: [
        { name: ':method', stringMatch: { exact: 'GET' } },
        { name: 'x-env', stringMatch: { exact: 'prod' } },
      ],
    }),
    named('', { pathSeparatedPrefix: '/users' }),
    named('search', { safeRegex: { regex: '/search/[0-9]+' } }),
  ]);
  const cause = (options: Parameters<typeof request>[0]): string => {
    const result = table.match(request(options));
    return result.kind === 'none' ? result.cause : 'matched';
  };
  t.equal(
    cause('/items/1'),
    "virtual host 'v' has no route for GET /items/1 (nearest: route 'get-item', which wants: header x-env is 'prod')",
  );
  t.match(cause({ path: '/items/1', method: 'POST' }), /which wants: header :method is 'GET'/);
  t.match(cause('/items/2'), /nearest: route 'get-item', which is for path \/items\/1/);
  t.match(
    cause('/Users?x=1'),
    /no route for GET \/Users\?x=1 \(nearest: the route for path_separated_prefix \/users\)/,
  );
  t.match(cause('/search/x'), /nearest: route 'search', which is for safe_regex \/search\/\[0-9\]\+/);
  t.equal(cause('/zzz'), "virtual host 'v' has no route for GET /zzz");
  const empty = (await buildRoutes([])).match(request('/a'));
  t.match(empty, { cause: /it has no routes/ });
});
