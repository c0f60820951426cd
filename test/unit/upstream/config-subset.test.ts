import t from 'tap';
import { any, config, refuse } from './config-support.ts';
import { policyTypes } from './support.ts';

t.test('subsets: what asks for nothing, or for the same again, is refused', async (t) => {
  const selectors = (rest: string): string =>
    `{name: a, lb_subset_config: {subset_selectors: [{keys: [w, v, v], ${rest}}]}}`;
  const { loadBalancer } = await config(selectors('fallback_policy: KEYS_SUBSET, fallback_keys_subset: [v]'));
  t.match(loadBalancer, {
    typeName: policyTypes.subset,
    config: {
      child: { typeName: policyTypes.roundRobin },
      selectors: [{ keys: ['v', 'w'], fallback: 'keys', fallbackKeys: ['v'] }],
    },
  });
  const path = /fallback_keys_subset/;
  await refuse(t, selectors('fallback_policy: KEYS_SUBSET'), path, /needs fallback_keys_subset/);
  await refuse(t, selectors('fallback_keys_subset: [v]'), path, /needs fallback_policy KEYS_SUBSET/);
  await refuse(t, selectors('fallback_policy: KEYS_SUBSET, fallback_keys_subset: [x]'), path, /among the keys/);
  await refuse(t, selectors('fallback_policy: KEYS_SUBSET, fallback_keys_subset: [v, w]'), path, /leave out one/);
  const aware = '{name: a, lb_subset_config: {locality_weight_aware: true}}';
  await refuse(t, aware, /locality_weight_aware/, /needs common_lb_config/);
  const none = await config('{name: a, lb_subset_config: {fallback_policy: ANY_ENDPOINT}}');
  t.equal(none.loadBalancer.typeName, policyTypes.roundRobin, 'without selectors there are no subsets');
});

t.test('subsets: the extension needs a policy inside', async (t) => {
  const subset = (rest: string): string =>
    `{name: a, load_balancing_policy: {policies: [{typed_extension_config: {name: s, typed_config: ${any(policyTypes.subset, rest)}}}]}}`;
  const child = `subset_lb_policy: {policies: [{typed_extension_config: {name: r, typed_config: ${any(policyTypes.random)}}}]}`;
  t.match((await config(subset(child))).loadBalancer.config, { child: { typeName: policyTypes.random } });
  await refuse(t, subset('allow_redundant_keys: true'), /subset_lb_policy/, /needs subset_lb_policy/);
  await refuse(t, subset('subset_lb_policy: {}'), /policies/, /None of the load-balancing policies/);
});
