// What connection_limit refuses beyond the API's rules, as Envoy 1.40 does.
import t from 'tap';
import { ConfigContext, loadMessage } from '../../../src/config/api.ts';
import { factory } from '../../../src/extensions/filters/network/connection-limit/config.ts';
import type { ConnectionLimit } from '../../../src/generated/envoy/extensions/filters/network/connection_limit/v3/connection_limit_pb.d.ts';

t.test('without a number of connections there is no limit to keep', async (t) => {
  const { message } = await loadMessage<ConnectionLimit>(
    'envoy.extensions.filters.network.connection_limit.v3.ConnectionLimit',
    { name: 'limit', format: 'json', text: JSON.stringify({ stat_prefix: 'x' }) },
    {},
  );
  const config = new ConfigContext();
  const context = { config } as Parameters<typeof factory.create>[1];
  t.ok(message);
  t.equal(message && factory.create(message, context), undefined);
  const [diagnostic] = await config.takeDiagnostics();
  t.match(diagnostic, { severity: 'error', code: 'RMR0903', message: /max_connections/ });
});
