import t from 'tap';
import { hostHas, subsetsOfHost } from '../../../src/extensions/load-balancing-policies/subset/host-metadata.ts';
import { SelectorTable } from '../../../src/extensions/load-balancing-policies/subset/selector-table.ts';
import type {
  SelectorConfig,
  SubsetConfig,
} from '../../../src/extensions/load-balancing-policies/subset/subset-config.ts';
import { type Host, type LoadBalancerContext, MetadataMatchCriteria } from '../../../src/upstream/api.ts';
import { ClusterStats } from '../../../src/upstream/cluster-stats.ts';
import { HostSets } from '../../../src/upstream/host-sets.ts';
import type { LoadBalancer } from '../../../src/upstream/load-balancing/api.ts';
import { FakeRuntime } from '../../support/fake-runtime.ts';
import { SeededRandom } from '../../support/seeded-random.ts';
import { anyHost, endpoint, policy, policyTypes, portOf, StatsStore, specs } from './support.ts';

function selector(...keys: string[]): SelectorConfig {
  return { keys, fallback: null, fallbackKeys: [], singleHost: false };
}

function wants(fields: Record<string, unknown>): LoadBalancerContext {
  return { ...anyHost, metadataMatch: MetadataMatchCriteria.of(fields) };
}

interface Member {
  readonly port: number;
  readonly lb: Record<string, unknown>;
  readonly priority?: number;
  readonly zone?: string;
  readonly zoneWeight?: number;
  readonly healthStatus?: number;
}

interface Balanced {
  readonly balancer: LoadBalancer;
  readonly store: StatsStore;
  update(members: readonly Member[]): void;
}

function balance(config: Partial<SubsetConfig>, members: readonly Member[], localityWeighted = false): Balanced {
  const sets = new HostSets({ name: 'c', observabilityName: 'c' });
  const store = new StatsStore();
  const apply = (now: readonly Member[]): readonly number[] => {
    const localities = now.map(({ zone, zoneWeight, priority, ...member }) => ({
      locality: { region: '', zone: zone ?? '', subZone: '' },
      priority: priority ?? 0,
      weight: zoneWeight ?? 0,
      endpoints: [{ ...endpoint(member), metadata: { 'envoy.lb': member.lb } }],
    }));
    const all = { overprovisioningFactor: 140, weightedPriorityHealth: false, source: null, localities };
    return sets.update(specs(all), all).changedPriorities;
  };
  apply(members);
  const balancer = policy(policyTypes.subset).create({
    config: {
      child: {
        typeName: policyTypes.roundRobin,
        factory: policy(policyTypes.roundRobin),
        config: { locality: { kind: localityWeighted ? 'weighted' : 'none' } },
      },
      fallback: 'none',
      defaultSubset: {},
      selectors: [selector('v')],
      redundantKeys: false,
      localityWeights: 'none',
      panicModeAny: false,
      listAsAny: false,
      metadataFallbackList: false,
      ...config,
    },
    common: { panicThreshold: 50 },
    hostSets: sets.sets,
    random: new SeededRandom(20261123),
    runtime: new FakeRuntime(),
    stats: new ClusterStats(store),
  });
  return {
    balancer,
    store,
    update: (now) => {
      for (const priority of apply(now)) balancer.onHostsChanged(priority);
    },
  };
}

function picks(balancer: LoadBalancer, context: LoadBalancerContext, count: number): Record<number, number> {
  const seen: Record<number, number> = {};
  for (let i = 0; i < count; i++) {
    const port = portOf(balancer.chooseHost(context));
    seen[port] = (seen[port] ?? 0) + 1;
  }
  return seen;
}

t.test('criteria are compared by content', async (t) => {
  const of = (fields: Record<string, unknown>): string => MetadataMatchCriteria.of(fields).text;
  t.equal(of({ a: 1, b: 2 }), of({ b: 2, a: 1 }));
  t.equal(of({ a: { x: [1, null], y: true } }), of({ a: { y: true, x: [1, null] } }));
  t.not(of({ a: 1 }), of({ a: '1' }));
  t.not(of({ a: 'x,"b":"y"' }), of({ a: 'x', b: 'y' }), 'no value can look like another field');
  t.not(of({ a: [1, 2] }), of({ a: [2, 1] }));
});

t.test('criteria laid over others take their place', async (t) => {
  const route = MetadataMatchCriteria.of({ v: 1, stage: 'prod' });
  t.equal(route.merge({ v: 2 }).text, MetadataMatchCriteria.of({ stage: 'prod', v: 2 }).text);
  const keys = ['stage'];
  t.equal(route.narrow(keys).text, MetadataMatchCriteria.of({ stage: 'prod' }).text);
  t.equal(route.narrow(keys), route.narrow(keys), 'made once');
});

t.test('a fallback list is laid over the rest, item by item', async (t) => {
  const texts = (fields: Record<string, unknown>): string[] | undefined =>
    MetadataMatchCriteria.of(fields).fallbacks?.map(({ text }) => text);
  t.same(texts({ v: 1 }), undefined);
  t.same(texts({ v: 1, fallback_list: [{ v: 2 }, 7] }), ['"v":2', '"v":1']);
  t.same(texts({ v: 1, fallback_list: [] }), ['"v":1']);
  t.same(texts({ v: 1, fallback_list: 'x' }), ['"v":1']);
});

t.test('lists make a host part of several subsets', async (t) => {
  const host = { metadata: { 'envoy.lb': { a: ['x', 'y'], b: [1, 2] } } } as unknown as Host;
  t.equal(subsetsOfHost(host, ['a', 'b'], true).length, 4);
  t.equal(subsetsOfHost(host, ['a', 'b'], false).length, 1);
  t.equal(subsetsOfHost(host, ['a', 'c'], true).length, 0);
  t.ok(hostHas(host, { a: 'y' }, true));
  t.notOk(hostHas(host, { a: 'y' }, false));
  t.ok(hostHas(host, { a: ['x', 'y'] }, false));
  t.ok(hostHas({ metadata: {} } as unknown as Host, {}, false));
});

t.test('redundant keys: the selector with most keys counts', async (t) => {
  const table = new SelectorTable([selector('a'), selector('a', 'b'), { ...selector('c'), fallback: 'any' }], true);
  const effective = (fields: Record<string, unknown>): string => table.effective(MetadataMatchCriteria.of(fields)).text;
  t.equal(effective({ a: 1, b: 2, z: 3 }), '"a":1,"b":2');
  t.equal(effective({ a: 1, z: 3 }), '"a":1');
  t.equal(effective({ z: 3 }), '"z":3');
  t.equal(table.fallbackFor(MetadataMatchCriteria.of({ c: 9 }))?.fallback, 'any');
  t.equal(table.fallbackFor(MetadataMatchCriteria.of({ a: 9 })), null);
});

t.test('subsets come and go with their hosts', async (t) => {
  const selectors = [selector('v'), selector('stage', 'v')];
  const one: Member = { port: 1, lb: { v: 1 } };
  const two: Member = { port: 2, lb: { v: 2, stage: 'x' }, priority: 1 };
  const { balancer, store, update } = balance({ selectors }, [one]);
  const shown = (): number[] =>
    ['active', 'created', 'removed'].map((name) =>
      name === 'active' ? store.gauge(`lb_subsets_${name}`).value : store.counter(`lb_subsets_${name}`).value,
    );
  t.same(shown(), [1, 1, 0]);
  t.equal(balancer.chooseHost(wants({ v: 2 })), null);
  update([one, two]);
  t.same(shown(), [3, 3, 0]);
  t.equal(portOf(balancer.chooseHost(wants({ v: 2 }))), 2, 'of the second priority');
  t.equal(portOf(balancer.chooseHost(wants({ stage: 'x', v: 2 }))), 2);
  update([one, { ...two, lb: { v: 1 } }]);
  t.same(shown(), [1, 3, 2]);
  t.same(picks(balancer, wants({ v: 1 }), 4), { 1: 4 }, 'the first priority takes all');
  update([]);
  t.same(shown(), [0, 3, 3]);
  update([one]);
  t.equal(portOf(balancer.chooseHost(wants({ v: 1 }))), 1);
  balancer.close?.();
  t.same(shown(), [0, 4, 4], 'with the cluster they go');
});

t.test('a subset that others extend is counted as long as they are there', async (t) => {
  const selectors = [selector('a'), selector('a', 'b')];
  const { store, update } = balance({ selectors }, [{ port: 1, lb: { a: 1, b: 1 } }]);
  const active = store.gauge('lb_subsets_active');
  t.equal(active.value, 2);
  update([{ port: 1, lb: { b: 1 } }]);
  t.equal(active.value, 0);
});

t.test('one host for each subset, the others are counted', async (t) => {
  const selectors = [{ ...selector('id'), singleHost: true }];
  const hosts = [1, 2, 3].map((port) => ({ port, lb: { id: 'x' }, healthStatus: 2 }));
  const { balancer, store, update } = balance({ selectors }, hosts);
  const surplus = store.gauge('lb_subsets_single_host_per_subset_duplicate');
  t.same(picks(balancer, wants({ id: 'x' }), 3), { 1: 3 });
  t.equal(surplus.value, 2);
  update(hosts.slice(1));
  t.same(picks(balancer, wants({ id: 'x' }), 3), { 2: 3 });
  t.equal(surplus.value, 1);
});

t.test('localities keep their weight, or the share of it that is in the subset', async (t) => {
  const hosts: Member[] = [
    { port: 1, lb: { v: 1 }, zone: 'a', zoneWeight: 3 },
    { port: 2, lb: { v: 2 }, zone: 'a', zoneWeight: 3 },
    { port: 3, lb: { v: 2 }, zone: 'a', zoneWeight: 3 },
    { port: 4, lb: { v: 1 }, zone: 'b', zoneWeight: 1 },
  ];
  const share = (localityWeights: SubsetConfig['localityWeights']): Record<number, number> =>
    picks(balance({ localityWeights }, hosts, true).balancer, wants({ v: 1 }), 12);
  t.same(share('whole'), { 1: 9, 4: 3 });
  t.same(share('scaled'), { 1: 6, 4: 6 });
  t.same(share('none'), { 1: 6, 4: 6 });
});

t.test('fallbacks that find nobody, as the real Envoy', async (t) => {
  const members = ['1', '2', '3'].map((v, index) => ({ port: index + 1, lb: { v } }));
  const chosen = (config: Partial<SubsetConfig>, wanted: Record<string, unknown> | null): number | null => {
    const host = balance(config, members).balancer.chooseHost(wanted === null ? anyHost : wants(wanted));
    return host === null ? null : portOf(host);
  };
  const toDefault = { ...selector('v'), fallback: 'default' } as const;
  const nobody = { v: '9' };
  const third = { v: '3' };
  const failing = { selectors: [toDefault], defaultSubset: nobody, fallback: 'any', panicModeAny: true } as const;
  t.equal(chosen(failing, { v: '7' }), null, 'the fallback of a selector knows no panic');
  t.equal(chosen({ panicModeAny: true }, { v: '7' }), null, 'nor do those who want no fallback');
  t.equal(chosen({ panicModeAny: true }, null), null);
  t.equal(chosen({ selectors: [toDefault], defaultSubset: third }, { v: '7' }), 3, 'a default of selectors alone');
  t.equal(chosen({ selectors: [toDefault], defaultSubset: third }, { z: '7' }), null);
  const none = { ...selector('v'), fallback: 'none' } as const;
  const twice = { selectors: [none, toDefault], defaultSubset: third, fallback: 'default' } as const;
  t.equal(chosen(twice, { v: '7' }), null, 'the first of two selectors with the same keys counts');
});

t.test('one host for each subset: of the first priority that has one', async (t) => {
  const selectors = [{ ...selector('v'), singleHost: true }];
  const { balancer, store } = balance({ selectors }, [
    { port: 1, lb: { v: '1' }, priority: 1 },
    { port: 2, lb: { v: '1' } },
    { port: 3, lb: { v: '2' }, priority: 1 },
    { port: 4, lb: { v: '2' }, priority: 1 },
  ]);
  t.same(picks(balancer, wants({ v: '1' }), 2), { 2: 2 });
  t.same(picks(balancer, wants({ v: '2' }), 2), { 3: 2 });
  t.equal(store.gauge('lb_subsets_single_host_per_subset_duplicate').value, 1, 'of the priority that changed last');
});
