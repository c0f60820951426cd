import t from 'tap';
import { ConfigContext, loadMessage } from '../../../src/config/api.ts';
import { ExtensionRegistry } from '../../../src/config/extension-registry.ts';
import { factory } from '../../../src/extensions/filters/http/local-ratelimit/config.ts';
import { StatsStore } from '../../../src/observability/stats/store.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { FakeRuntime } from '../../support/fake-runtime.ts';
import { FakeClusters } from '../../support/route-table.ts';

t.test('two buckets for the same entries are refused, as by Envoy', async (t) => {
  const tokenBucket = { max_tokens: 1, fill_interval: '1s' };
  const descriptor = (value: string): object => ({ entries: [{ key: 'a', value }], token_bucket: tokenBucket });
  const said = async (...descriptors: object[]): Promise<string[]> => {
    const text = JSON.stringify({ stat_prefix: 'a', token_bucket: tokenBucket, descriptors });
    const type = 'envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit';
    const { message } = await loadMessage(type, { name: 'x', format: 'json', text }, {});
    if (message === undefined) throw new Error('does not load');
    const context = new ConfigContext();
    factory.readRouteConfig?.(message, context, {
      clusters: new FakeClusters([]),
      runtime: new FakeRuntime(),
      stats: new StatsStore(),
      clock: new FakeClock(),
      extensions: new ExtensionRegistry([]),
      sourceCluster: '',
    });
    return (await context.takeDiagnostics()).map(({ message: words }) => words);
  };
  t.match(await said(descriptor('b'), descriptor('b')), ['two descriptors have the entries a=b']);
  t.strictSame(await said(descriptor('b'), descriptor('c')), []);
});
