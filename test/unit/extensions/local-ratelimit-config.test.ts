import t from 'tap';
import { ConfigContext, loadMessage } from '../../../src/config/api.ts';
import { ExtensionRegistry } from '../../../src/config/extension-registry.ts';
import { factory } from '../../../src/extensions/filters/http/local-ratelimit/config.ts';
import { LocalRateLimiter } from '../../../src/extensions/filters/http/local-ratelimit/limiter.ts';
import { StatsStore } from '../../../src/observability/stats/store.ts';
import type { ClusterHandle } from '../../../src/upstream/api.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { FakeRuntime } from '../../support/fake-runtime.ts';
import { FakeClusters } from '../../support/route-table.ts';

const routeContext = () => ({
  clusters: new FakeClusters([]),
  runtime: new FakeRuntime(),
  stats: new StatsStore(),
  clock: new FakeClock(),
  extensions: new ExtensionRegistry([]),
  sourceCluster: '',
  localCluster: '',
});
const tokenBucket = { max_tokens: 1, fill_interval: '1s' };

async function said(settings: object): Promise<string[]> {
  const text = JSON.stringify({ stat_prefix: 'a', token_bucket: tokenBucket, ...settings });
  const type = 'envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit';
  const { message } = await loadMessage(type, { name: 'x', format: 'json', text }, {});
  if (message === undefined) throw new Error('does not load');
  const context = new ConfigContext();
  factory.readRouteConfig?.(message, context, routeContext());
  return (await context.takeDiagnostics()).map(({ message: words }) => words);
}

t.test('two buckets for the same entries are refused, as by Envoy', async (t) => {
  const descriptor = (value: string): object => ({ entries: [{ key: 'a', value }], token_bucket: tokenBucket });
  t.match(await said({ descriptors: [descriptor('b'), descriptor('b')] }), ['two descriptors have the entries a=b']);
  t.strictSame(await said({ descriptors: [descriptor('b'), descriptor('c')] }), []);
});

t.test('what has no place in rate limits of the filter itself, as in Envoy', async (t) => {
  const limits = (more: object): object => ({
    rate_limits: [{ actions: [{ generic_key: { descriptor_value: 'a' } }], ...more }],
  });
  t.match(await said(limits({ stage: 0 })), [/stage has no place/]);
  t.match(await said(limits({ disable_key: 'a' })), [/disable_key has no place/]);
  const override = { dynamic_metadata: { metadata_key: { key: 'a', path: [{ key: 'b' }] } } };
  t.match(await said(limits({ limit: override })), [/limit has no place/]);
  t.strictSame(await said(limits({ apply_on_stream_done: true })), []);
});

t.test('actions that are inputs of matchers', async (t) => {
  const action = (type: string, more: object = {}): object => ({
    rate_limits: [
      { actions: [{ extension: { name: 'x', typed_config: { '@type': `type.googleapis.com/${type}`, ...more } } }] },
    ],
  });
  t.strictSame(await said(action('envoy.type.matcher.v3.HttpRequestQueryParamMatchInput', { query_param: 'a' })), []);
  const response = action('envoy.type.matcher.v3.HttpResponseHeaderMatchInput', { header_name: 'a' });
  t.match(await said(response), [/never applies/]);
  t.match(await said(action('envoy.config.rbac.v3.Action', { name: 'a' })), [/cannot describe a request/]);
});

t.test('a share of the tokens needs the name of the local cluster, and buckets for the whole process', async (t) => {
  const said = async (localCluster: string, fields: object): Promise<string[]> => {
    const bucket = { max_tokens: 4, fill_interval: '1s' };
    const text = JSON.stringify({ stat_prefix: 'a', token_bucket: bucket, local_cluster_rate_limit: {}, ...fields });
    const type = 'envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit';
    const { message } = await loadMessage(type, { name: 'x', format: 'json', text }, {});
    if (message === undefined) throw new Error('does not load');
    const context = new ConfigContext();
    factory.readRouteConfig?.(message, context, { ...routeContext(), localCluster });
    return (await context.takeDiagnostics()).map(({ message: words }) => words);
  };
  t.match(await said('', {}), [/local_cluster_name must say/]);
  t.match(await said('a', { local_rate_limit_per_downstream_connection: true }), [/cannot be shared/]);
  t.strictSame(await said('a', {}), []);
});

t.test('as members come and go, what a hit costs changes', (t) => {
  const membershipTotal = { value: 0 };
  const sharedWith = { cluster: { stats: { membershipTotal } } } as unknown as ClusterHandle;
  const bucket = { maxTokens: 6, tokensPerSecond: 0.001 };
  const settings = { bucket, descriptors: [], maxDynamicDescriptors: 1, alwaysConsumeDefault: true, sharedWith };
  const limiter = new LocalRateLimiter(settings, new FakeClock());
  t.ok(limiter.ask([]).allowed, 'a cluster that is empty yet: one token');
  membershipTotal.value = 3;
  t.ok(limiter.ask([]).allowed, 'two are left');
  t.notOk(limiter.ask([]).allowed);
  membershipTotal.value = 2;
  t.ok(limiter.ask([]).allowed);
  t.notOk(limiter.ask([]).allowed);
  t.end();
});
