// CEL in rbac: conditions of policies and predicates of matcher trees that cannot be used, each refused as Envoy 1.40 does.
// covers: envoy.config.rbac.v3.Policy.checked_condition
import t from 'tap';
import { ConfigContext, loadMessage } from '../../../src/config/api.ts';
import { readPolicyEngine } from '../../../src/extensions/common/rbac/config.ts';
import { readTreeEngine } from '../../../src/extensions/common/rbac/config-tree.ts';
import type { RBAC } from '../../../src/generated/envoy/extensions/filters/http/rbac/v3/rbac_pb.d.ts';
import { StatsStore } from '../../../src/observability/stats/store.ts';
import { FakeRuntime } from '../../support/fake-runtime.ts';

/** What is wrong, in words; empty: nothing. */
async function errors(rbac: object): Promise<string> {
  const { message, diagnostics } = await loadMessage<RBAC>(
    'envoy.extensions.filters.http.rbac.v3.RBAC',
    { name: 'rbac', format: 'json', text: JSON.stringify(rbac) },
    {},
  );
  const context = new ConfigContext();
  const services = { runtime: new FakeRuntime(), stats: new StatsStore() };
  const engine = message?.matcher
    ? readTreeEngine(message.matcher, services, context)
    : message?.rules && readPolicyEngine(message.rules, context);
  const found = [...diagnostics, ...(await context.takeDiagnostics())].filter(({ severity }) => severity === 'error');
  t.equal(engine === undefined, found.length > 0, 'nothing is made from what is wrong');
  return found.map((diagnostic) => diagnostic.message).join('; ');
}

const text = (value: string): object => ({ const_expr: { string_value: value } });
const call = (name: string, ...args: readonly object[]): object => ({ call_expr: { function: name, args } });
const equal = call('_==_', text('a'), text('a'));
const comprehension = { comprehension_expr: { iter_var: 'a', accu_var: 'b' } };

t.test('conditions', async (t) => {
  const condition = (expression: object, more: object = {}): Promise<string> =>
    errors({
      rules: {
        policies: { p: { permissions: [{ any: true }], principals: [{ any: true }], condition: expression, ...more } },
      },
    });
  t.equal(await condition(equal), '');
  t.equal(await condition(equal, { checked_condition: {} }), '', 'not looked at');
  t.equal(await condition(text('a')), '', 'no boolean');
  t.match(await condition({}), /empty/);
  t.match(await condition(call('foo')), /no function 'foo'/);
  t.match(await condition(comprehension), /switched off/);
  t.match(await condition(call('string', text('a'))), /enable_string_conversion/);
  t.equal(await condition(call('string', text('a')), { cel_config: { enable_string_conversion: true } }), '');
});

t.test('matcher trees', async (t) => {
  const typed = (type: string, more: object = {}): object => ({
    name: 'x',
    typed_config: { '@type': `type.googleapis.com/${type}`, ...more },
  });
  const action = { action: typed('envoy.config.rbac.v3.Action', { name: 'a' }) };
  const attributes = typed('xds.type.matcher.v3.HttpAttributesCelMatchInput');
  const header = typed('envoy.type.matcher.v3.HttpRequestHeaderMatchInput', { header_name: 'x-a' });
  const cel = (expression: object): object => typed('xds.type.matcher.v3.CelMatcher', { expr_match: expression });
  const parsed = (expression: object): object => cel({ cel_expr_parsed: { expr: expression } });
  const single = (input: object, more: object): Promise<string> =>
    errors({
      matcher: {
        matcher_list: { matchers: [{ predicate: { single_predicate: { input, ...more } }, on_match: action }] },
      },
    });
  t.equal(await single(attributes, { custom_match: parsed(equal) }), '');
  t.match(await single(attributes, { custom_match: parsed(call('foo')) }), /no function 'foo'/);
  t.match(await single(attributes, { custom_match: parsed(comprehension) }), /switched off/);
  t.match(await single(attributes, { custom_match: cel({ cel_expr_parsed: {} }) }), /empty/);
  t.match(await single(attributes, { custom_match: cel({ cel_expr_string: 'true' }) }), /neither cel_expr_checked/);
  t.match(await single(attributes, { custom_match: cel({}) }), /neither cel_expr_checked/);
  t.match(await single(header, { custom_match: parsed(equal) }), /go together/);
  t.match(await single(attributes, { value_match: { exact: 'a' } }), /go together/);
  const map = { matcher_tree: { input: attributes, exact_match_map: { map: { a: action } } } };
  t.match(await errors({ matcher: map }), /go together/);
});
