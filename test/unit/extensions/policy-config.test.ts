// What rbac and header_to_metadata refuse, with the field that is wrong.
import t from 'tap';
import { ConfigContext, loadMessage } from '../../../src/config/api.ts';
import { ExtensionRegistry } from '../../../src/config/extension-registry.ts';
import { readPolicyEngine } from '../../../src/extensions/common/rbac/config.ts';
import { factory as headerToMetadata } from '../../../src/extensions/filters/http/header-to-metadata/config.ts';
import { factory as setFilterState } from '../../../src/extensions/filters/http/set-filter-state/config.ts';
import type { RBAC } from '../../../src/generated/envoy/config/rbac/v3/rbac_pb.d.ts';
import { StatsStore } from '../../../src/observability/stats/store.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { FakeRuntime } from '../../support/fake-runtime.ts';
import { FakeClusters } from '../../support/route-table.ts';

async function errors(
  type: string,
  value: object,
  read: (message: never, context: ConfigContext) => unknown,
): Promise<string[]> {
  const { message, diagnostics } = await loadMessage(
    type,
    { name: 'x', format: 'json', text: JSON.stringify(value) },
    {},
  );
  if (message === undefined) return diagnostics.map((diagnostic) => diagnostic.message);
  const context = new ConfigContext();
  const made = read(message as never, context);
  const found = (await context.takeDiagnostics()).filter(({ severity }) => severity === 'error');
  t.equal(made === undefined, found.length > 0, 'nothing is made from what is wrong');
  return found.map((diagnostic) => diagnostic.message);
}

const routeContext = {
  clusters: new FakeClusters([]),
  runtime: new FakeRuntime(),
  stats: new StatsStore(),
  clock: new FakeClock(),
  extensions: new ExtensionRegistry([]),
  sourceCluster: '',
  localCluster: '',
};

t.test('rbac', async (t) => {
  const check = (permission: object): Promise<string[]> =>
    errors(
      'envoy.config.rbac.v3.RBAC',
      { policies: { p: { permissions: [permission], principals: [{ any: true }] } } },
      (message, context) => readPolicyEngine(message as RBAC, context),
    );
  t.strictSame(await check({ destination_port_range: { start: 1, end: 65536 } }), []);
  for (const [start, end] of [
    [1, 70000],
    [5, 5],
    [-1, 5],
  ]) {
    t.match(await check({ destination_port_range: { start, end } }), [/no port is in the range/]);
  }
  t.match(await check({ destination_ip: { address_prefix: 'abc' } }), [/no IP address/]);
  t.strictSame(
    await check({ destination_ip: { address_prefix: '127.0.0.1', prefix_len: 33 } }),
    [],
    'as Envoy: all of it',
  );
});

t.test('header_to_metadata', async (t) => {
  const check = (rule: object): Promise<string[]> =>
    errors(
      'envoy.extensions.filters.http.header_to_metadata.v3.Config',
      { request_rules: [rule] },
      (message, context) => headerToMetadata.readRouteConfig?.(message, context, routeContext),
    );
  const onPresent = { on_header_present: { key: 'k' } };
  t.strictSame(await check({ header: 'a', ...onPresent }), []);
  t.match(await check({ header: 'a' }), [/neither on_header_present nor/]);
  t.match(await check(onPresent), [/neither header nor cookie/]);
  t.match(await check({ header: 'a', cookie: 'b', ...onPresent }), [/both header and cookie/]);
  t.match(await check({ cookie: 'b', remove: true, ...onPresent }), [/cannot be removed/]);
  t.match(await check({ header: 'a', on_header_missing: { key: 'k' } }), [/must have a value/]);
});

t.test('set_filter_state', async (t) => {
  const check = (object_key: string, factory_key = ''): Promise<string[]> =>
    errors(
      'envoy.extensions.filters.http.set_filter_state.v3.Config',
      {
        on_request_headers: [
          { object_key, factory_key, format_string: { text_format_source: { inline_string: 'x' } } },
        ],
      },
      (message, context) => setFilterState.readRouteConfig?.(message, context, routeContext),
    );
  t.strictSame(await check('any', 'envoy.string'), []);
  t.match(await check('any'), [/no filter state of the kind 'any'/]);
});
