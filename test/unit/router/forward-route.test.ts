// What forwarding routes do to a request and a response. Answers are those of Envoy 1.40.0.
// covers: envoy.config.route.v3.RouteAction.{cluster, cluster_header, weighted_clusters, cluster_not_found_response_code}
// covers: envoy.config.route.v3.RouteAction.{prefix_rewrite, regex_rewrite, host_rewrite_literal, host_rewrite_header}
// covers: envoy.config.route.v3.RouteAction.{host_rewrite_path_regex, auto_host_rewrite, append_x_forwarded_host}
// covers: envoy.config.route.v3.RouteAction.{timeout, idle_timeout, max_stream_duration, retry_policy, priority, upgrade_configs}
// covers: envoy.config.route.v3.RouteAction.UpgradeConfig.{upgrade_type, enabled}
// covers: envoy.config.route.v3.RouteAction.MaxStreamDuration.max_stream_duration
// covers: envoy.config.route.v3.RetryPolicy.{retry_on, num_retries, per_try_timeout, retriable_status_codes, retry_back_off}
// covers: envoy.config.route.v3.RetryPolicy.RetryBackOff.{base_interval, max_interval}
// covers: envoy.config.route.v3.WeightedCluster.{clusters, total_weight, header_name}
// covers: envoy.config.route.v3.WeightedCluster.ClusterWeight.{name, weight, host_rewrite_literal, cluster_header}
// covers: envoy.config.route.v3.WeightedCluster.ClusterWeight.{request_headers_to_add, request_headers_to_remove}
// covers: envoy.config.route.v3.WeightedCluster.ClusterWeight.{response_headers_to_add, response_headers_to_remove}
// covers: envoy.config.route.v3.Route.{metadata, per_request_buffer_limit_bytes, request_body_buffer_limit}
// covers: envoy.config.route.v3.Route.{request_headers_to_add, request_headers_to_remove}
// covers: envoy.config.route.v3.Route.{response_headers_to_add, response_headers_to_remove}
// covers: envoy.config.route.v3.VirtualHost.{include_request_attempt_count, include_attempt_count_in_response, retry_policy}
// covers: envoy.config.route.v3.VirtualHost.{per_request_buffer_limit_bytes, request_body_buffer_limit}
// covers: envoy.config.route.v3.VirtualHost.{request_headers_to_add, request_headers_to_remove}
// covers: envoy.config.route.v3.VirtualHost.{response_headers_to_add, response_headers_to_remove}
// covers: envoy.config.route.v3.RouteConfiguration.{request_headers_to_add, request_headers_to_remove}
// covers: envoy.config.route.v3.RouteConfiguration.{response_headers_to_add, response_headers_to_remove}
// covers: envoy.config.route.v3.RouteConfiguration.{most_specific_header_mutations_wins, validate_clusters, internal_only_headers}
// covers: envoy.config.core.v3.HeaderValueOption.{header, append, append_action, keep_empty_value}
// covers: envoy.type.matcher.v3.RegexMatchAndSubstitute.{pattern, substitution}
import t from 'tap';
import { filterKey } from '../../../src/http/filter/filter-key.ts';
import { ResponseHeaders } from '../../../src/http/headers/header-map.ts';
import { headerName, isInterned } from '../../../src/http/headers/name.ts';
import {
  buildRoutes,
  FakeClusters,
  finalized,
  forwardRouteOf,
  forwardTo,
  linesOf,
  request,
  routeOf,
  tryBuild,
} from '../../support/route-table.ts';

const regex = (pattern: string, substitution: string): object => ({ pattern: { regex: pattern }, substitution });

t.test('rewrites of the path', async (t) => {
  const table = await buildRoutes([
    forwardTo({ prefix: '/pre/' }, { prefixRewrite: '/' }),
    forwardTo({ prefix: '/np' }, { prefixRewrite: '/x' }),
    forwardTo({ path: '/exact' }, { prefixRewrite: '/new' }),
    forwardTo({ pathSeparatedPrefix: '/sep' }, { prefixRewrite: '/s2' }),
    forwardTo({ pathSeparatedPrefix: '/sroot' }, { prefixRewrite: '/' }),
    forwardTo({ safeRegex: { regex: '/rx/.*' } }, { prefixRewrite: '/all' }),
    forwardTo({ prefix: '/CI', caseSensitive: false }, { prefixRewrite: '/cc' }),
    forwardTo({ prefix: '/re/' }, { regexRewrite: regex('^/re/([^/]+)/(.*)$', '/\\2/\\1') }),
    forwardTo({ prefix: '/g' }, { regexRewrite: regex('a', 'bb') }),
    forwardTo({ prefix: '/nomatch' }, { regexRewrite: regex('zzz', 'y') }),
    forwardTo({ prefix: '/empty' }, { regexRewrite: regex('.*', '') }),
    forwardTo({ prefix: '/star' }, { regexRewrite: regex('x*', '-') }),
    forwardTo({ prefix: '/' }),
  ]);
  const answers: [path: string, rewritten: string][] = [
    ['/pre/a?q=1', '/a?q=1'],
    ['/pre/', '/'],
    ['/np', '/x'],
    ['/npy/z', '/xy/z'],
    ['/exact?q', '/new?q'],
    ['/sep/a', '/s2/a'],
    ['/sep', '/s2'],
    ['/sroot/a', '//a'],
    ['/sroot', '/'],
    ['/rx/abc?q=1', '/all?q=1'],
    ['/cI/x', '/cc/x'],
    ['/re/one/two?q=/re/1/2', '/two/one?q=/re/1/2'],
    ['/gaga?a', '/gbbgbb?a'],
    ['/nomatch/x', '/nomatch/x'],
    ['/starxx1', '-/-s-t-a-r-1-'],
  ];
  for (const [path, rewritten] of answers) {
    const result = finalized(table, { path, headers: ['x-envoy-original-path: /mine'] });
    t.equal(result.path, rewritten, path);
    t.same(result.lines, [`x-envoy-original-path: ${path}`]);
  }
  t.same(finalized(table, '/empty?q'), { path: '/empty?q', host: 'x', lines: [] }, 'an empty result changes nothing');
  t.same(finalized(table, '/other'), { path: '/other', host: 'x', lines: [] });
});

t.test('rewrites of the host', async (t) => {
  const table = await buildRoutes([
    forwardTo({ prefix: '/hl' }, { hostRewriteLiteral: 'lit.example' }),
    forwardTo({ prefix: '/hh' }, { hostRewriteHeader: 'x-host', appendXForwardedHost: true }),
    forwardTo({ prefix: '/hp' }, { hostRewritePathRegex: regex('^/hp/(.+)$', '\\1') }),
    forwardTo({ prefix: '/xf' }, { hostRewriteLiteral: 'l', appendXForwardedHost: true }),
    forwardTo({ prefix: '/auto' }, { autoHostRewrite: true, appendXForwardedHost: true }),
    forwardTo({ prefix: '/axf' }, { appendXForwardedHost: true }),
    forwardTo({ path: '/same' }, { hostRewriteLiteral: 'x' }),
  ]);
  const check = (options: Parameters<typeof finalized>[1], host: string, lines: string[]): void => {
    const result = finalized(table, options);
    t.equal(result.host, host, JSON.stringify(options));
    t.same(result.lines.sort(), lines.sort());
  };
  check('/hl', 'lit.example', ['x-envoy-original-host: x']);
  check({ path: '/hh', headers: ['x-host: from.header'] }, 'from.header', [
    'x-host: from.header',
    'x-envoy-original-host: x',
    'x-forwarded-host: x',
  ]);
  check('/hh', 'x', []);
  check({ path: '/hh', headers: ['x-host:'] }, 'x', ['x-host: ']);
  check('/hp/my.host?x', 'my.host', ['x-envoy-original-host: x']);
  check('/hp', '/hp', ['x-envoy-original-host: x']);
  check('/xf', 'l', ['x-envoy-original-host: x', 'x-forwarded-host: x']);
  check({ path: '/xf', headers: ['x-forwarded-host: a, b'] }, 'l', [
    'x-envoy-original-host: x',
    'x-forwarded-host: a, b,x',
  ]);
  check({ path: '/xf', headers: ['x-forwarded-host: a,x'] }, 'l', [
    'x-envoy-original-host: x',
    'x-forwarded-host: a,x',
  ]);
  check({ path: '/xf', headers: ['x-forwarded-host: a, x'] }, 'l', [
    'x-envoy-original-host: x',
    'x-forwarded-host: a, x,x',
  ]);
  check('/auto', 'x', []);
  check('/axf', 'x', []);
  check('/same', 'x', ['x-envoy-original-host: x']);
  const auto = forwardRouteOf(table, '/auto');
  t.equal(auto.autoHostRewrite, true);
  t.equal(auto.appendForwardedHost, true);
});

t.test('suppress_envoy_headers leaves the original path and host out', async (t) => {
  const table = await buildRoutes([forwardTo({ prefix: '/a' }, { prefixRewrite: '/b', hostRewriteLiteral: 'h' })]);
  const context = request('/a');
  forwardRouteOf(table, context).finalizeRequest(context.headers, context.streamInfo, true);
  t.equal(context.headers.path, '/b');
  t.equal(context.headers.authority, 'h');
  t.equal(context.headers.size, 0);
});

t.test('only one rewrite of the path', async (t) => {
  const { table, diagnostics } = await tryBuild({
    virtualHosts: [
      {
        name: 'v',
        domains: ['*'],
        routes: [forwardTo({ prefix: '/' }, { prefixRewrite: '/x', regexRewrite: regex('a', 'b') })],
      },
    ],
  });
  t.equal(table, undefined);
  t.match(diagnostics, [{ code: 'RMR0600', path: 'virtual_hosts[0].routes[0].route.regex_rewrite' }]);
});

t.test('a substitution that asks for too much is taken with a warning', async (t) => {
  const { table, diagnostics } = await tryBuild({
    virtualHosts: [
      { name: 'v', domains: ['*'], routes: [forwardTo({ prefix: '/' }, { regexRewrite: regex('a', '\\1') })] },
    ],
  });
  t.ok(table);
  t.match(diagnostics, [
    { severity: 'warning', code: 'RMR0605', path: 'virtual_hosts[0].routes[0].route.regex_rewrite.substitution' },
  ]);
});

t.test('defaults', async (t) => {
  const route = forwardRouteOf(await buildRoutes([forwardTo({ prefix: '/' })]));
  t.match(route, {
    kind: 'forward',
    name: '',
    virtualHostName: 'v',
    routeConfigName: 'r',
    clusterNotFoundStatus: 503,
    priority: 0,
    timeoutMs: 15_000,
    idleTimeoutMs: undefined,
    maxStreamDurationMs: undefined,
    retryPolicy: null,
    includeAttemptCountInRequest: false,
    includeAttemptCountInResponse: false,
    autoHostRewrite: false,
    requestBufferLimit: undefined,
  });
  t.equal(route.upgrades.size, 0);
  t.equal(route.perFilterConfig(filterKey('any')), undefined);
  t.equal(route.filterDisabled(filterKey('any')), undefined);
});

t.test('settings', async (t) => {
  const route = forwardRouteOf(
    await buildRoutes(
      [
        forwardTo(
          { prefix: '/' },
          {
            timeout: '0s',
            idleTimeout: '2.5s',
            maxStreamDuration: { maxStreamDuration: '60s' },
            priority: 'HIGH',
            clusterNotFoundResponseCode: 'INTERNAL_SERVER_ERROR',
            upgradeConfigs: [{ upgradeType: 'WebSocket' }, { upgradeType: 'other', enabled: false }],
          },
          { metadata: { filterMetadata: { 'my.ns': { key: 'value' } } }, name: 'named', perRequestBufferLimitBytes: 7 },
        ),
      ],
      {},
      { includeRequestAttemptCount: true, includeAttemptCountInResponse: true },
    ),
  );
  t.match(route, {
    name: 'named',
    timeoutMs: 0,
    idleTimeoutMs: 2500,
    maxStreamDurationMs: 60_000,
    priority: 1,
    clusterNotFoundStatus: 500,
    includeAttemptCountInRequest: true,
    includeAttemptCountInResponse: true,
    requestBufferLimit: 7,
    metadata: { 'my.ns': { key: 'value' } },
  });
  t.same(
    [...route.upgrades],
    [
      ['websocket', true],
      ['other', false],
    ],
  );
});

t.test('the most specific limit of the request body counts, the newer field first', async (t) => {
  const limitOf = async (route: object, virtualHost: object): Promise<unknown> =>
    routeOf(await buildRoutes([forwardTo({ prefix: '/' }, {}, route)], {}, virtualHost)).requestBufferLimit;
  t.equal(await limitOf({}, { perRequestBufferLimitBytes: 1 }), 1);
  t.equal(await limitOf({}, { requestBodyBufferLimit: '2' }), 2);
  t.equal(await limitOf({ requestBodyBufferLimit: '3' }, { requestBodyBufferLimit: '2' }), 3);
  t.equal(await limitOf({ perRequestBufferLimitBytes: 4 }, { requestBodyBufferLimit: '2' }), 4);
});

t.test('names of headers that only this proxy may set', async (t) => {
  const { internalOnlyHeaders } = await buildRoutes([], { internalOnlyHeaders: ['x-int', 'X-Two'] });
  t.strictSame(
    internalOnlyHeaders.map(({ name }) => name),
    ['x-int', 'x-two'],
  );
  t.ok(internalOnlyHeaders.every(isInterned), 'requests are compared by identity');
});

t.test('the same upgrade twice is refused', async (t) => {
  const { diagnostics } = await tryBuild({
    virtualHosts: [
      {
        name: 'v',
        domains: ['*'],
        routes: [
          forwardTo({ prefix: '/' }, { upgradeConfigs: [{ upgradeType: 'websocket' }, { upgradeType: 'WebSocket' }] }),
        ],
      },
    ],
  });
  t.match(diagnostics, [{ code: 'RMR0600', path: 'virtual_hosts[0].routes[0].route.upgrade_configs[1].upgrade_type' }]);
});

t.test('retry policies', async (t) => {
  const policyOf = async (retryPolicy: object, virtualHost: object = {}): Promise<unknown> =>
    forwardRouteOf(await buildRoutes([forwardTo({ prefix: '/' }, retryPolicy)], {}, virtualHost)).retryPolicy;
  t.match(await policyOf({ retryPolicy: { retryOn: '5xx, reset' } }), {
    numRetries: 1,
    perTryTimeoutMs: 0,
    backOffBaseMs: 25,
    backOffMaxMs: 250,
    retriableStatusCodes: [],
  });
  t.match(
    await policyOf({
      retryPolicy: {
        retryOn: '5xx',
        numRetries: 0,
        perTryTimeout: '0.25s',
        retriableStatusCodes: [503],
        retryBackOff: { baseInterval: '0.0005s' },
      },
    }),
    {
      numRetries: 0,
      perTryTimeoutMs: 250,
      backOffBaseMs: 1,
      backOffMaxMs: 10,
      retriableStatusCodes: [503],
    },
  );
  t.match(
    await policyOf({}, { retryPolicy: { retryOn: '5xx', numRetries: 3 } }),
    { numRetries: 3 },
    "the virtual host's",
  );
  t.match(
    await policyOf({ retryPolicy: { retryOn: '5xx' } }, { retryPolicy: { retryOn: '5xx', numRetries: 3 } }),
    { numRetries: 1 },
    "the route's hides it",
  );
  const refused = await tryBuild({
    virtualHosts: [
      {
        name: 'v',
        domains: ['*'],
        routes: [
          forwardTo(
            { prefix: '/' },
            { retryPolicy: { retryOn: '5xx', retryBackOff: { baseInterval: '1s', maxInterval: '0.5s' } } },
          ),
        ],
      },
    ],
  });
  t.equal(refused.table, undefined);
  const odd = await tryBuild({
    virtualHosts: [
      { name: 'v', domains: ['*'], routes: [forwardTo({ prefix: '/' }, { retryPolicy: { retryOn: '5xx,bogus' } })] },
    ],
  });
  t.ok(odd.table);
  t.match(odd.diagnostics, [{ severity: 'warning', code: 'RMR0605', message: /'bogus'/ }]);
});

t.test('cluster_header', async (t) => {
  const clusters = new FakeClusters(['a']);
  const table = await (async () => {
    const { table } = await tryBuild(
      { virtualHosts: [{ name: 'v', domains: ['*'], routes: [forwardTo({ prefix: '/' }, { clusterHeader: 'x-c' })] }] },
      clusters,
    );
    if (table === undefined) throw new Error('no table');
    return table;
  })();
  const select = (headers: string[]): string => {
    const context = request({ headers });
    return forwardRouteOf(table, context).selectCluster(context).name;
  };
  t.equal(select(['x-c: a']), 'a');
  for (let i = 0; i < 10; i++) t.equal(select([`x-c: unknown${i}`]), `unknown${i}`);
  t.equal(select([]), '');
  t.equal(clusters.handleCount, 1, 'requests make no handles');
  t.same(table.clusterNames, []);
  const weighted = await buildRoutes([
    forwardTo({ prefix: '/' }, { weightedClusters: { clusters: [{ clusterHeader: 'x-c', weight: 1 }] } }),
  ]);
  const context = request({ headers: ['x-c: b'] });
  t.equal(forwardRouteOf(weighted, context).selectCluster(context).name, 'b');
});

t.test('weighted clusters', async (t) => {
  const weighted = (clusters: object[], more: object = {}): object =>
    forwardTo({ prefix: '/' }, { weightedClusters: { clusters, ...more } });
  const table = await buildRoutes([
    weighted(
      [
        { name: 'a', weight: 1 },
        { name: 'b', weight: 0 },
        { name: 'c', weight: 2 },
      ],
      { totalWeight: 100 },
    ),
  ]);
  const select = (random: number): string => {
    const context = request({ random });
    return forwardRouteOf(table, context).selectCluster(context).name;
  };
  t.same([0, 1, 2, 3, 4].map(select), ['a', 'c', 'c', 'a', 'c'], 'total_weight has no effect any more');
  t.same(table.clusterNames, ['a', 'b', 'c']);

  const byHeader = await buildRoutes([
    weighted(
      [
        { name: 'a', weight: 1 },
        { name: 'b', weight: 2 },
      ],
      { headerName: 'x-r' },
    ),
  ]);
  const selectBy = (value: string): string => {
    const context = request({ headers: [`x-r: ${value}`], random: 1 });
    return forwardRouteOf(byHeader, context).selectCluster(context).name;
  };
  t.equal(selectBy('0'), 'a');
  t.equal(selectBy('3'), 'a');
  t.equal(selectBy('5'), 'b');
  t.equal(selectBy('18446744073709551615'), 'a');
  t.equal(selectBy('4294967296'), 'b');
  for (const chance of ['-1', 'x', '', '18446744073709551616'])
    t.equal(selectBy(chance), 'b', `'${chance}' leaves it to chance`);

  for (const clusters of [
    [{ name: 'a', weight: 0 }],
    [{ weight: 1 }],
    [{ name: 'a' }],
    [{ name: 'a', clusterHeader: 'x', weight: 1 }],
    [
      { name: 'a', weight: 4294967295 },
      { name: 'b', weight: 1 },
    ],
  ]) {
    const { table, diagnostics } = await tryBuild({
      virtualHosts: [{ name: 'v', domains: ['*'], routes: [weighted(clusters)] }],
    });
    t.equal(table, undefined, JSON.stringify(clusters));
    t.match(
      diagnostics.filter(({ severity }) => severity === 'error'),
      [{ code: 'RMR0604' }],
    );
  }
});

t.test("a weighted cluster's own host comes first and leaves no trace", async (t) => {
  const clusters = [{ name: 'a', weight: 1, hostRewriteLiteral: 'wl' }];
  const alone = await buildRoutes([
    forwardTo({ prefix: '/' }, { weightedClusters: { clusters }, appendXForwardedHost: true }),
  ]);
  t.same(finalized(alone, '/'), { path: '/', host: 'wl', lines: [] });
  const both = await buildRoutes([
    forwardTo({ prefix: '/' }, { weightedClusters: { clusters }, hostRewriteLiteral: 'rl' }),
  ]);
  t.same(finalized(both, '/'), { path: '/', host: 'rl', lines: ['x-envoy-original-host: wl'] });
});

t.test('validate_clusters', async (t) => {
  const routes = [forwardTo({ prefix: '/' }, { cluster: 'nope' })];
  const { diagnostics } = await tryBuild({
    validateClusters: true,
    virtualHosts: [{ name: 'v', domains: ['*'], routes }],
  });
  t.match(diagnostics, [{ code: 'RMR0405', path: 'virtual_hosts[0].routes[0].route.cluster' }]);
  t.ok(
    (await tryBuild({ virtualHosts: [{ name: 'v', domains: ['*'], routes }] })).table,
    'else whoever checks the whole bootstrap does it',
  );
});

const add = (key: string, value: string, appendAction?: string, more: object = {}): object => ({
  header: { key, value },
  ...(appendAction === undefined ? {} : { appendAction }),
  ...more,
});
const received = ['x-a: 1', 'x-a: 2', 'x-b: 3'];
const overwrite = 'OVERWRITE_IF_EXISTS_OR_ADD';

t.test('headers are removed, then worked out, then replaced, then added', async (t) => {
  const lines = async (route: object): Promise<string[]> =>
    finalized(await buildRoutes([forwardTo({ prefix: '/' }, {}, route)]), { headers: received }).lines;
  t.same(
    await lines({
      requestHeadersToRemove: ['X-A'],
      requestHeadersToAdd: [
        add('x-c', '%REQ(x-a)%'),
        add('x-d', '[%REQ(x-b)%]'),
        add('x-e', '%REQ(x-none)%'),
        add('x-f', '%REQ(x-none)%', undefined, { keepEmptyValue: true }),
        add('x-g', '100%%'),
        add('x-i', ''),
        add('x-u', 'é'),
      ],
    }),
    ['x-b: 3', 'x-d: [3]', 'x-f: ', 'x-g: 100%', 'x-u: \xc3\xa9'],
  );
  t.same(
    await lines({
      requestHeadersToAdd: [
        add('x-b', '%REQ(x-b)%-x', overwrite),
        add('x-z', '%REQ(x-b)%'),
        add('x-a', 'n'),
        add('x-n', 'absent', 'ADD_IF_ABSENT'),
        add('x-b', 'nope', 'ADD_IF_ABSENT'),
        add('x-q', 'q', 'OVERWRITE_IF_EXISTS'),
        add('x-b', 'yes', 'OVERWRITE_IF_EXISTS'),
      ],
    }),
    ['x-a: 1', 'x-a: 2', 'x-b: yes', 'x-z: 3', 'x-a: n', 'x-n: absent'],
  );
  t.same(
    await lines({
      requestHeadersToAdd: [
        add('x-b', '1', overwrite),
        add('x-b', '2', overwrite),
        add('x-b', '3'),
        add('x-n', '1', 'ADD_IF_ABSENT'),
        add('x-n', '2', 'ADD_IF_ABSENT'),
      ],
    }),
    ['x-a: 1', 'x-a: 2', 'x-b: 2', 'x-b: 3', 'x-n: 1', 'x-n: 2'],
  );
  t.same(await lines({ requestHeadersToAdd: [{ header: { key: 'x-b', value: '9' }, append: false }] }), [
    'x-a: 1',
    'x-a: 2',
    'x-b: 9',
  ]);
  t.same(await lines({ requestHeadersToAdd: [{ header: { key: 'x-b', value: '9' }, append: true }] }), [
    ...received,
    'x-b: 9',
  ]);
  t.same(
    await lines({
      requestHeadersToAdd: [add('accept', 'a'), add('Accept', 'b'), add('cookie', 'c'), add('cookie', 'd')],
    }),
    [...received, 'accept: a,b', 'cookie: c', 'cookie: d'],
  );
});

t.test('the general level has the last word, or the specific one', async (t) => {
  const level = (name: string): object => ({
    requestHeadersToAdd: [add('x-l', name, overwrite), add('x-ap', name)],
    responseHeadersToAdd: [add('x-l', name, overwrite), add('x-ap', name)],
  });
  for (const [wins, order, last] of [
    [false, ['wc', 'rt', 'vh', 'rc'], 'rc'],
    [true, ['wc', 'rc', 'vh', 'rt'], 'rt'],
  ] as const) {
    const table = await buildRoutes(
      [
        forwardTo(
          { prefix: '/' },
          { weightedClusters: { clusters: [{ name: 'a', weight: 1, ...level('wc') }] } },
          level('rt'),
        ),
      ],
      { ...level('rc'), mostSpecificHeaderMutationsWins: wins },
      level('vh'),
    );
    const context = request();
    const route = forwardRouteOf(table, context);
    route.finalizeRequest(context.headers, context.streamInfo);
    const response = new ResponseHeaders(200);
    route.finalizeResponse(response, context.streamInfo, context.headers);
    for (const headers of [context.headers, response]) {
      const lines = linesOf(headers);
      t.same(
        lines.filter((line) => line.startsWith('x-ap')),
        order.map((name) => `x-ap: ${name}`),
      );
      t.same(
        lines.filter((line) => line.startsWith('x-l')),
        [`x-l: ${last}`],
      );
    }
  }
});

t.test('every level removes', async (t) => {
  const level = (name: string): object => ({
    requestHeadersToRemove: [`x-${name}`],
    responseHeadersToRemove: [`x-${name}`],
  });
  const clusters = [{ name: 'a', weight: 1, ...level('wc') }];
  const table = await buildRoutes(
    [forwardTo({ prefix: '/' }, { weightedClusters: { clusters } }, level('rt'))],
    level('rc'),
    level('vh'),
  );
  const fields = ['x-wc: 1', 'x-rt: 1', 'x-vh: 1', 'x-rc: 1', 'x-other: 1'];
  const context = request({ headers: fields });
  const response = new ResponseHeaders(200);
  for (const name of ['x-wc', 'x-rt', 'x-vh', 'x-rc', 'x-other']) response.append(headerName(name), '1');
  const route = forwardRouteOf(table, context);
  route.finalizeRequest(context.headers, context.streamInfo);
  route.finalizeResponse(response, context.streamInfo, context.headers);
  t.same(linesOf(context.headers), ['x-other: 1']);
  t.same(linesOf(response), ['x-other: 1']);
});

t.test('headers of responses may name those of the request', async (t) => {
  const table = await buildRoutes([
    forwardTo(
      { prefix: '/' },
      {},
      {
        responseHeadersToAdd: [
          add('x-req', '%REQ(x-b)%'),
          add('x-up', '%RESP(x-up)%!'),
          add('x-multi', 'c'),
          add('set-cookie', 'a=b'),
          add('etag', 'B'),
        ],
        responseHeadersToRemove: ['x-up'],
      },
    ),
  ]);
  const context = request({ headers: received });
  const response = new ResponseHeaders(200);
  for (const [name, value] of [
    ['x-up', '1'],
    ['x-multi', 'a'],
    ['x-multi', 'b'],
    ['etag', 'A'],
  ] as const)
    response.append(headerName(name), value);
  routeOf(table, context).finalizeResponse(response, context.streamInfo, context.headers);
  t.same(linesOf(response), [
    'x-multi: a',
    'x-multi: b',
    'etag: A,B',
    'x-req: 3',
    'x-up: !',
    'x-multi: c',
    'set-cookie: a=b',
  ]);
});

t.test('what cannot be changed is refused', async (t) => {
  const cases: [route: object, path: string][] = [
    [{ requestHeadersToAdd: [add('Host', 'y')] }, 'request_headers_to_add[0].header.key'],
    [{ requestHeadersToAdd: [add(':path', 'y')] }, 'request_headers_to_add[0].header.key'],
    [{ responseHeadersToAdd: [add(':status', '201')] }, 'response_headers_to_add[0].header.key'],
    [{ requestHeadersToRemove: ['x', 'host'] }, 'request_headers_to_remove[1]'],
    [{ requestHeadersToAdd: [add('x', '%NOPE%')] }, 'request_headers_to_add[0].header.value'],
    [{ requestHeadersToAdd: [add('x', '50%')] }, 'request_headers_to_add[0].header.value'],
    [
      { requestHeadersToAdd: [add('x', 'y', 'OVERWRITE_IF_EXISTS', { append: true })] },
      'request_headers_to_add[0].append',
    ],
  ];
  for (const [route, path] of cases) {
    const { table, diagnostics } = await tryBuild({
      virtualHosts: [{ name: 'v', domains: ['*'], routes: [forwardTo({ prefix: '/' }, {}, route)] }],
    });
    t.equal(table, undefined, JSON.stringify(route));
    t.match(
      diagnostics.filter(({ severity }) => severity === 'error'),
      [{ path: `virtual_hosts[0].routes[0].${path}` }],
    );
  }
});
