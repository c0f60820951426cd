// What the network filter refuses of its rules, as Envoy 1.40 does.
import t from 'tap';
import { ConfigContext, loadMessage } from '../../../src/config/api.ts';
import { connectionInputs, readTreeEngine } from '../../../src/extensions/common/rbac/config-tree.ts';
import { hasHttpRules } from '../../../src/extensions/filters/network/rbac/config-check.ts';
import type { RBAC } from '../../../src/generated/envoy/extensions/filters/network/rbac/v3/rbac_pb.d.ts';
import { StatsStore } from '../../../src/observability/stats/store.ts';
import { FakeRuntime } from '../../support/fake-runtime.ts';

async function errors(rbac: object): Promise<string[]> {
  const { message, diagnostics } = await loadMessage<RBAC>(
    'envoy.extensions.filters.network.rbac.v3.RBAC',
    { name: 'rbac', format: 'json', text: JSON.stringify({ stat_prefix: 'x', ...rbac }) },
    {},
  );
  const context = new ConfigContext();
  if (message?.rules !== undefined) hasHttpRules(message.rules, context);
  if (message?.matcher !== undefined) {
    const services = { runtime: new FakeRuntime(), stats: new StatsStore() };
    readTreeEngine(message.matcher, services, context, connectionInputs);
  }
  const found = [...diagnostics, ...(await context.takeDiagnostics())].filter(({ severity }) => severity === 'error');
  t.ok(
    found.every(({ code }) => code === 'RMR0705'),
    'a code of its own, of connections and requests alike',
  );
  return found.map((diagnostic) => diagnostic.message);
}

const any = { any: true };
const header = { header: { name: 'a', present_match: true } };

t.test('tests of request headers are refused, however deep', async (t) => {
  const policy = (permission: object, principal: object): Promise<string[]> =>
    errors({ rules: { policies: { p: { permissions: [permission], principals: [principal] } } } });
  t.same(await policy(any, any), []);
  t.same(await policy({ url_path: { path: { prefix: '/' } } }, any), [], 'matches nothing, but is taken');
  for (const inner of [
    header,
    { not_rule: header },
    { and_rules: { rules: [header] } },
    { or_rules: { rules: [header] } },
  ]) {
    t.match(await policy(inner, any), [/no request headers/]);
  }
  for (const inner of [header, { not_id: header }, { and_ids: { ids: [header] } }, { or_ids: { ids: [header] } }]) {
    t.match(await policy(any, inner), [/no request headers/]);
  }
  t.equal((await policy(header, header)).length, 2, 'all are told');
});

t.test('trees look at the connection alone', async (t) => {
  const typed = (type: string, more: object = {}): object => ({
    name: 'x',
    typed_config: { '@type': `type.googleapis.com/${type}`, ...more },
  });
  const tree = (input: object): Promise<string[]> =>
    errors({
      matcher: {
        matcher_tree: {
          input,
          exact_match_map: { map: { a: { action: typed('envoy.config.rbac.v3.Action', { name: 'a' }) } } },
        },
      },
    });
  const network = 'envoy.extensions.matching.common_inputs.network.v3';
  for (const input of ['DirectSourceIPInput', 'ServerNameInput', 'NetworkNamespaceInput']) {
    t.same(await tree(typed(`${network}.${input}`)), [], input);
  }
  for (const input of ['UriSanInput', 'DnsSanInput', 'SubjectInput']) {
    t.same(await tree(typed(`envoy.extensions.matching.common_inputs.ssl.v3.${input}`)), [], input);
  }
  t.match(await tree(typed(`${network}.SourceTypeInput`)), [/cannot look at/]);
  t.match(await tree(typed('envoy.type.matcher.v3.HttpRequestHeaderMatchInput', { header_name: 'a' })), [
    /cannot look at/,
  ]);
});
