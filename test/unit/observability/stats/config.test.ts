// stats_config of the bootstrap: tags, what is kept out, buckets.
import t from 'tap';
import { ConfigContext, formatDiagnostic, loadMessage } from '../../../../src/config/api.ts';
import type { StatsConfig } from '../../../../src/generated/envoy/config/metrics/v3/stats_pb.d.ts';
import { bucketsOf, DEFAULT_BUCKETS } from '../../../../src/observability/stats/buckets.ts';
import { readStatsConfig, type StatsSettings } from '../../../../src/observability/stats/config.ts';
import { TagProducer } from '../../../../src/observability/stats/tags.ts';

async function read(
  yaml: string,
  extraTags: { name: string; value: string }[] = [],
): Promise<{ settings: StatsSettings; said: string }> {
  const source = { name: 'test.yaml', format: 'yaml', text: yaml } as const;
  const { message, diagnostics } = await loadMessage<StatsConfig>('envoy.config.metrics.v3.StatsConfig', source, {
    skipCoverage: true,
  });
  if (message === undefined) throw new Error(diagnostics.map((diagnostic) => formatDiagnostic(diagnostic)).join('\n'));
  const context = new ConfigContext({ skipCoverage: true });
  const settings = await readStatsConfig(message, context, extraTags);
  return {
    settings,
    said: (await context.takeDiagnostics()).map((diagnostic) => formatDiagnostic(diagnostic)).join('\n'),
  };
}

const flat = (producer: TagProducer, name: string): string => {
  const { name: rest, tags } = producer.produce(name);
  return `${rest} ${tags.map((tag) => `${tag.name}=${tag.value}`).join(' ')}`.trim();
};

t.test('no stats_config: the well-known tags, nothing kept out', async (t) => {
  const settings = await readStatsConfig(undefined, new ConfigContext());
  t.equal(settings.filter, null);
  t.equal(bucketsOf('any', settings.bucketSettings), DEFAULT_BUCKETS);
  const producer = new TagProducer(settings.tags);
  const cases = {
    'cluster.one.upstream_rq_200': 'cluster.upstream_rq envoy.response_code=200 envoy.cluster_name=one',
    'cluster.one.upstream_rq_2xx': 'cluster.upstream_rq_xx envoy.response_code_class=2 envoy.cluster_name=one',
    'cluster.b.c-d.upstream_rq_total': 'cluster.c-d.upstream_rq_total envoy.cluster_name=b',
    'cluster.x.grpc.pkg.Svc.success':
      'cluster.grpc.success envoy.grpc_bridge_method=Svc envoy.grpc_bridge_service=pkg envoy.cluster_name=x',
    'cluster.x.ssl.ciphers.TLS_AES': 'cluster.ssl.ciphers cipher_suite=TLS_AES envoy.cluster_name=x',
    'http.in.user_agent.ios.downstream_cx_total':
      'http.user_agent.downstream_cx_total envoy.http_user_agent=ios envoy.http_conn_manager_prefix=in',
    'http.in.rds.my.route.update_success':
      'http.rds.update_success envoy.http_conn_manager_prefix=in envoy.rds_route_config=my.route',
    'http.in.rbac.allowed': 'http.rbac.allowed envoy.http_conn_manager_prefix=in',
    'http.in.rbac.pre.allowed': 'http.rbac.allowed envoy.http_conn_manager_prefix=in envoy.rbac_http_prefix=pre',
    'listener.0.0.0.0_80.ssl.cipher.TLS_AES':
      'listener.ssl.cipher envoy.ssl_cipher=TLS_AES envoy.listener_address=0.0.0.0_80',
    'listener.[__1]_80.worker_3.downstream_cx_total':
      'listener.worker_downstream_cx_total envoy.worker_id=3 envoy.listener_address=[__1]_80',
    'listener.admin.downstream_cx_total': 'listener.admin.downstream_cx_total',
    'listener.my_prefix.http.in.downstream_rq_5xx':
      'listener.http.downstream_rq_xx envoy.response_code_class=5 envoy.http_conn_manager_prefix=in envoy.listener_address=my_prefix',
    'vhost.v.vcluster.c.upstream_rq_404':
      'vhost.vcluster.upstream_rq envoy.response_code=404 envoy.virtual_cluster=c envoy.virtual_host=v',
    'vhost.v.route.r.upstream_rq_total': 'vhost.route.upstream_rq_total envoy.virtual_host=v envoy.route=r',
    'tcp.t.downstream_cx_total': 'tcp.downstream_cx_total envoy.tcp_prefix=t',
    'mongo.m.collection.c.callsite.s.query.total':
      'mongo.collection.callsite.query.total envoy.mongo_callsite=s envoy.mongo_collection=c envoy.mongo_prefix=m',
    'server.live': 'server.live',
    cluster: 'cluster',
    upstream_rq_2000: 'upstream_rq_2000',
  };
  for (const [name, wanted] of Object.entries(cases)) t.equal(flat(producer, name), wanted, name);
});

// covers: envoy.config.metrics.v3.StatsConfig.stats_tags
// covers: envoy.config.metrics.v3.TagSpecifier.{tag_name, regex, fixed_value}
t.test('stats_tags: fixed values first, expressions behind the well-known', async (t) => {
  // Envoy made the same labels of the same configuration.
  const { settings, said } = await read(
    `stats_tags:
- { tag_name: fix.ed, fixed_value: v1 }
- { tag_name: cust, regex: '^cluster\\.a\\.(lb_(.*?)_)' }
- { tag_name: one, regex: '^http\\.(ad)min' }
- { tag_name: none, regex: 'abc' }
`,
    [{ name: 'cli', value: 'x' }],
  );
  t.equal(said, '');
  const producer = new TagProducer(settings.tags);
  t.equal(
    flat(producer, 'cluster.a.lb_zone_no_capacity_left'),
    'cluster.no_capacity_left cli=x fix.ed=v1 envoy.cluster_name=a cust=zone',
  );
  t.equal(
    flat(producer, 'http.admin.downstream_cx_total'),
    'http.downstream_cx_total cli=x fix.ed=v1 envoy.http_conn_manager_prefix=admin one=ad',
  );
  t.equal(flat(producer, 'abc'), 'abc cli=x fix.ed=v1');
});

// covers: envoy.config.metrics.v3.StatsConfig.{use_all_default_tags, allow_default_tag_overrides}
t.test('use_all_default_tags and allow_default_tag_overrides', async (t) => {
  const without = await read('use_all_default_tags: false\nstats_tags: [{ tag_name: envoy.cluster_name }]');
  t.equal(
    flat(new TagProducer(without.settings.tags), 'cluster.a.upstream_rq_200'),
    'cluster.upstream_rq_200 envoy.cluster_name=a',
  );
  const own = String.raw`stats_tags: [{ tag_name: envoy.cluster_name, regex: '^cluster\.((.+)\.)upstream' }]`;
  const second = await read(own);
  t.equal(
    flat(new TagProducer(second.settings.tags), 'cluster.a.b.upstream_x'),
    'cluster.b.upstream_x envoy.cluster_name=a',
  );
  const first = await read(`allow_default_tag_overrides: true\n${own}`);
  t.equal(
    flat(new TagProducer(first.settings.tags), 'cluster.a.b.upstream_x'),
    'cluster.upstream_x envoy.cluster_name=a.b',
  );
});

// covers: envoy.config.metrics.v3.StatsConfig.stats_matcher
// covers: envoy.config.metrics.v3.StatsMatcher.{reject_all, inclusion_list, exclusion_list}
// covers: envoy.type.matcher.v3.ListStringMatcher.patterns
t.test('stats_matcher', async (t) => {
  const kept = async (yaml: string): Promise<string[]> => {
    const { settings } = await read(yaml);
    return ['cluster.a.x', 'cluster.b.x', 'http.A.y'].filter((name) => !settings.filter?.rejects(name));
  };
  t.same(await kept('stats_matcher: { reject_all: true }'), []);
  t.same(await kept('stats_matcher: { reject_all: false }'), ['cluster.a.x', 'cluster.b.x', 'http.A.y']);
  t.same(await kept('stats_matcher: { inclusion_list: { patterns: [{ prefix: cluster.a }, { suffix: .y }] } }'), [
    'cluster.a.x',
    'http.A.y',
  ]);
  t.same(
    await kept(
      'stats_matcher: { exclusion_list: { patterns: [{ exact: cluster.a.x }, { contains: ".a.", ignore_case: true }] } }',
    ),
    ['cluster.b.x'],
  );
  t.same(
    await kept(
      String.raw`stats_matcher: { inclusion_list: { patterns: [{ safe_regex: { regex: 'cluster\.[a-z]\.x' } }] } }`,
    ),
    ['cluster.a.x', 'cluster.b.x'],
  );
  t.same(
    await kept("stats_matcher: { inclusion_list: { patterns: [{ safe_regex: { regex: 'cluster' } }] } }"),
    [],
    'the whole name must match',
  );
});

// covers: envoy.config.metrics.v3.StatsConfig.histogram_bucket_settings
// covers: envoy.config.metrics.v3.HistogramBucketSettings.{match, buckets}
t.test('histogram_bucket_settings: the first that takes the name', async (t) => {
  const { settings } = await read(`histogram_bucket_settings:
- { match: { suffix: _size }, buckets: [10, 1, 100.5] }
- { match: { prefix: cluster }, buckets: [5] }
`);
  t.same(bucketsOf('cluster.a.body_size', settings.bucketSettings), [1, 10, 100.5]);
  t.same(bucketsOf('cluster.a.time', settings.bucketSettings), [5]);
  t.equal(bucketsOf('http.a.time', settings.bucketSettings), DEFAULT_BUCKETS);
});

t.test('what cannot be used is said', async (t) => {
  t.match((await read('stats_tags: [{ tag_name: foo }]')).said, /test\.yaml:1:\d+.*'foo' is not a well-known one/s);
  const broken = await read("stats_tags: [{ tag_name: a, regex: '(' }, { tag_name: b, fixed_value: v }]").catch(
    (error: Error) => ({ said: error.message, settings: null }),
  );
  t.match(broken.said, /missing closing \)|regular expression/);
});
