import t, { type Test } from 'tap';
import { EdfScheduler } from '../../../src/extensions/common/load-balancing/edf-scheduler.ts';
import type { EndpointsConfig } from '../../../src/upstream/cluster-config.ts';
import { ClusterStats } from '../../../src/upstream/cluster-stats.ts';
import { HostSets } from '../../../src/upstream/host-sets.ts';
import type { LoadBalancer } from '../../../src/upstream/load-balancing/api.ts';
import { FakeRuntime } from '../../support/fake-runtime.ts';
import { SeededRandom } from '../../support/seeded-random.ts';
import { anyHost, endpoints, policy, policyTypes, portOf, StatsStore, specs, statsOf } from './support.ts';

const seed = 20261123;
t.comment(`seed ${seed}`);

interface Balanced {
  readonly balancer: LoadBalancer;
  readonly sets: HostSets;
  readonly store: StatsStore;
  update(config: EndpointsConfig): void;
}

const runtime = new FakeRuntime();

function balance(typeName: string, config: EndpointsConfig, parsed: unknown, panicThreshold = 50): Balanced {
  const sets = new HostSets({ name: 'c', observabilityName: 'c' });
  sets.update(specs(config), config);
  const store = new StatsStore();
  const balancer = policy(typeName).create({
    config: parsed,
    common: { panicThreshold },
    hostSets: sets.sets,
    random: new SeededRandom(seed),
    runtime,
    stats: new ClusterStats(store),
  });
  const update = (changed: EndpointsConfig): void => {
    for (const priority of sets.update(specs(changed), changed).changedPriorities) balancer.onHostsChanged(priority);
  };
  return { balancer, sets, store, update };
}

/** Share of picks for each port, in percent. */
function shares(balancer: LoadBalancer, picks: number): Record<number, number> {
  const counts: Record<number, number> = {};
  for (let i = 0; i < picks; i++) {
    const port = portOf(balancer.chooseHost(anyHost));
    counts[port] = (counts[port] ?? 0) + 100 / picks;
  }
  return counts;
}

function near(
  test: Pick<Test, 'ok'>,
  actual: number | undefined,
  expected: number,
  tolerance: number,
  what: string,
): void {
  test.ok(Math.abs((actual ?? 0) - expected) <= tolerance, `${what}: ${actual?.toFixed(1)} % is near ${expected} %`);
}

const roundRobin = { locality: { kind: 'none' } };

t.test('round robin with equal weights rotates', async (t) => {
  const { balancer } = balance(
    policyTypes.roundRobin,
    endpoints({ endpoints: [{ port: 1 }, { port: 2 }, { port: 3 }] }),
    roundRobin,
  );
  const picks = Array.from({ length: 9 }, () => portOf(balancer.chooseHost(anyHost)));
  for (let i = 3; i < picks.length; i++) t.equal(picks[i], picks[i - 3], 'every third pick is the same');
  t.same([...new Set(picks)].sort(), [1, 2, 3]);
});

t.test('round robin goes on from where it was when a host comes', async (t) => {
  const { balancer, update } = balance(
    policyTypes.roundRobin,
    endpoints({ endpoints: [{ port: 1 }, { port: 2 }] }),
    roundRobin,
  );
  balancer.chooseHost(anyHost);
  update(endpoints({ endpoints: [{ port: 1 }, { port: 2 }, { port: 3 }] }));
  const picks = new Set(Array.from({ length: 3 }, () => portOf(balancer.chooseHost(anyHost))));
  t.same([...picks].sort(), [1, 2, 3]);
});

t.test('round robin by weight is exact over a full turn and spreads the picks', async (t) => {
  const { balancer } = balance(
    policyTypes.roundRobin,
    endpoints({
      endpoints: [
        { port: 1, weight: 1 },
        { port: 2, weight: 3 },
      ],
    }),
    roundRobin,
  );
  const picks = Array.from({ length: 400 }, () => portOf(balancer.chooseHost(anyHost)));
  t.equal(picks.filter((port) => port === 1).length, 100);
  let longest = 0;
  let run = 0;
  for (const port of picks) {
    run = port === 2 ? run + 1 : 0;
    longest = Math.max(longest, run);
  }
  t.ok(longest <= 4, `never more than a turn of one host in a row (${longest})`);
});

t.test('a weight that changes in place counts from then on', async (t) => {
  const { balancer, update } = balance(
    policyTypes.roundRobin,
    endpoints({ endpoints: [{ port: 1 }, { port: 2 }] }),
    roundRobin,
  );
  update(endpoints({ endpoints: [{ port: 1 }, { port: 2, weight: 4 }] }));
  near(t, shares(balancer, 1000)[2], 80, 1, 'host of weight 4 beside 1');
});

t.test('random looks at no weights, as the real Envoy (6407 : 6464 at weights 1 : 9)', async (t) => {
  const { balancer } = balance(policyTypes.random, endpoints({ endpoints: [{ port: 1 }, { port: 2, weight: 9 }] }), {
    locality: { kind: 'none' },
  });
  near(t, shares(balancer, 20000)[1], 50, 2, 'host of weight 1');
});

t.test('least request takes the less loaded of two draws', async (t) => {
  const { balancer, sets } = balance(
    policyTypes.leastRequest,
    endpoints({ endpoints: [{ port: 1 }, { port: 2 }, { port: 3 }, { port: 4 }] }),
    { choiceCount: 2, activeRequestBias: 1, activeRequestBiasKey: '', fullScan: false, locality: { kind: 'none' } },
  );
  const [busy] = sets.all();
  if (busy !== undefined) busy.stats.rqActive = 100;
  // The busy host is chosen only when both draws name it: 1/16.
  near(t, shares(balancer, 40000)[1], 6.25, 1, 'the busy host');
});

t.test('least request with more choices avoids the busy host more; a full scan always does', async (t) => {
  const config = endpoints({ endpoints: [{ port: 1 }, { port: 2 }, { port: 3 }, { port: 4 }] });
  const four = balance(policyTypes.leastRequest, config, {
    choiceCount: 4,
    activeRequestBias: 1,
    activeRequestBiasKey: '',
    fullScan: false,
    locality: { kind: 'none' },
  });
  for (const host of four.sets.all()) if (host.address.text.endsWith(':1')) host.stats.rqActive = 5;
  near(t, shares(four.balancer, 40000)[1], 0.39, 0.3, 'four draws');
  const scan = balance(policyTypes.leastRequest, config, {
    choiceCount: 2,
    activeRequestBias: 1,
    activeRequestBiasKey: '',
    fullScan: true,
    locality: { kind: 'none' },
  });
  for (const host of scan.sets.all()) if (host.address.text.endsWith(':1')) host.stats.rqActive = 5;
  const scanned = shares(scan.balancer, 9000);
  t.equal(scanned[1], undefined);
  near(t, scanned[2], 33.3, 3, 'equals share');
});

t.test('least request by weight divides the weight by the load', async (t) => {
  const config = endpoints({ endpoints: [{ port: 1 }, { port: 2, weight: 9 }] });
  const parsed = {
    choiceCount: 2,
    activeRequestBias: 1,
    activeRequestBiasKey: '',
    fullScan: false,
    locality: { kind: 'none' },
  };
  const idle = balance(policyTypes.leastRequest, config, parsed);
  near(t, shares(idle.balancer, 4000)[2], 90, 1, 'idle, weight 9 beside 1');
  const loaded = balance(policyTypes.leastRequest, config, parsed);
  for (const host of loaded.sets.all()) if (host.weight === 9) host.stats.rqActive = 8;
  near(t, shares(loaded.balancer, 4000)[2], 50, 1, 'weight 9 with 8 active requests is weight 1');
  const unbiased = balance(policyTypes.leastRequest, config, { ...parsed, activeRequestBias: 0 });
  for (const host of unbiased.sets.all()) if (host.weight === 9) host.stats.rqActive = 8;
  near(t, shares(unbiased.balancer, 4000)[2], 90, 1, 'bias 0 ignores load');
});

t.test('the bias by its runtime key counts from the next change of hosts on', async (t) => {
  t.teardown(() => runtime.clear());
  const config = endpoints({ endpoints: [{ port: 1 }, { port: 2, weight: 9 }] });
  const parsed = { choiceCount: 2, activeRequestBias: 1, fullScan: false, locality: { kind: 'none' } };
  const { balancer, sets, update } = balance(policyTypes.leastRequest, config, {
    ...parsed,
    activeRequestBiasKey: 'bias',
  });
  for (const host of sets.all()) if (host.weight === 9) host.stats.rqActive = 8;
  balancer.chooseHost(anyHost);
  runtime.set('bias', 0);
  near(t, shares(balancer, 4000)[2], 50, 1, 'not yet');
  update(endpoints({ endpoints: [{ port: 1 }, { port: 2, weight: 9 }, { port: 3 }] }));
  near(t, shares(balancer, 4000)[2], 82, 2, 'weight 9 of 11 whatever its load');
});

t.test('a retry gets another host, or the last one asked when all are refused', async (t) => {
  const { balancer } = balance(
    policyTypes.roundRobin,
    endpoints({ endpoints: [{ port: 1 }, { port: 2 }] }),
    roundRobin,
  );
  const first = balancer.chooseHost(anyHost);
  for (let i = 0; i < 10; i++) {
    const retry = balancer.chooseHost({
      ...anyHost,
      shouldSelectAnotherHost: (host) => host === first,
      hostSelectionAttempts: 3,
    });
    t.not(retry, first);
    t.ok(retry);
  }
  let asked = 0;
  const refused = balancer.chooseHost({
    ...anyHost,
    shouldSelectAnotherHost: () => ++asked > 0,
    hostSelectionAttempts: 3,
  });
  t.ok(refused);
  t.equal(asked, 4, 'the first choice and three more');
});

t.test('nothing to choose from', async (t) => {
  const { balancer, update } = balance(policyTypes.roundRobin, endpoints(), roundRobin);
  t.equal(balancer.chooseHost(anyHost), null);
  update(endpoints({ endpoints: [{ port: 7 }] }));
  t.equal(portOf(balancer.chooseHost(anyHost)), 7);
  update(endpoints());
  t.equal(balancer.chooseHost(anyHost), null);
});

t.test('traffic spills over to the next priority as the real Envoy measures (8202 : 3648)', async (t) => {
  const { balancer } = balance(
    policyTypes.roundRobin,
    endpoints(
      { endpoints: [{ port: 3, healthStatus: 2 }, { port: 4 }] },
      { priority: 1, endpoints: [{ port: 5, healthStatus: 5 }, { port: 6 }] },
    ),
    roundRobin,
  );
  const found = shares(balancer, 20000);
  near(t, found[4], 70, 1.5, 'half of priority 0 is healthy, times 1.4');
  near(t, found[6], 30, 1.5, 'the rest');
  t.same([found[3], found[5]], [undefined, undefined], 'unhealthy and degraded hosts get nothing');
});

t.test('degraded hosts serve when healthy ones are too few', async (t) => {
  const { balancer } = balance(
    policyTypes.roundRobin,
    endpoints({
      endpoints: [
        { port: 1 },
        { port: 2, healthStatus: 5 },
        { port: 3, healthStatus: 5 },
        { port: 4, healthStatus: 5 },
      ],
    }),
    roundRobin,
  );
  const found = shares(balancer, 20000);
  near(t, found[1], 35, 1.5, 'a quarter healthy, times 1.4');
  near(t, (found[2] ?? 0) + (found[3] ?? 0) + (found[4] ?? 0), 65, 1.5, 'degraded');
});

t.test('panic disregards health, by weight as the real Envoy (1580 : 1580 : 14215)', async (t) => {
  const config = endpoints({
    endpoints: [
      { port: 1, healthStatus: 2 },
      { port: 2, healthStatus: 2 },
      { port: 3, weight: 9 },
    ],
  });
  const { balancer, store } = balance(policyTypes.roundRobin, config, roundRobin);
  const found = shares(balancer, 1100);
  near(t, found[1], 9.1, 0.5, 'unhealthy host');
  near(t, found[3], 81.8, 0.5, 'healthy host of weight 9');
  t.equal(statsOf(store, '')['lb_healthy_panic'], 1100);
  const calm = balance(policyTypes.roundRobin, config, roundRobin, 0);
  t.equal(Math.round(shares(calm.balancer, 100)[3] ?? 0), 100, 'threshold 0: never panics');
});

t.test('all hosts unhealthy: panic over all, or none where traffic is to fail', async (t) => {
  const config = endpoints({
    endpoints: [
      { port: 1, healthStatus: 2 },
      { port: 2, healthStatus: 2 },
    ],
  });
  near(t, shares(balance(policyTypes.roundRobin, config, roundRobin).balancer, 100)[1], 50, 1, 'panic');
  t.equal(balance(policyTypes.roundRobin, config, roundRobin, 0).balancer.chooseHost(anyHost), null);
  const failing = balance(policyTypes.roundRobin, config, {
    locality: { kind: 'zone_aware', failTrafficOnPanic: true },
  });
  t.equal(failing.balancer.chooseHost(anyHost), null);
});

t.test('where all priorities panic the load goes by number of hosts, as the real Envoy', async (t) => {
  const found = async (...priorities: readonly (readonly number[])[]): Promise<Record<number, number>> => {
    let port = 0;
    const localities = priorities.map((statuses, priority) => ({
      priority,
      endpoints: statuses.map((healthStatus) => ({ port: ++port, healthStatus })),
    }));
    return shares(balance(policyTypes.roundRobin, endpoints(...localities), roundRobin).balancer, 20000);
  };
  const one = await found([2], [1, 2, 2]);
  for (const port of [1, 2, 3, 4]) near(t, one[port], 25, 1.5, 'the sick priority gets its share');
  const draining = await found([3, 1, 2, 2, 2], [3]);
  for (const port of [1, 2, 3, 4, 5, 6]) near(t, draining[port], 16.7, 1.5, 'draining hosts are counted then');
  const calm = await found([1, 2, 2], [1, 1, 2, 2]);
  near(t, calm[1], 46, 1.5, 'together they can take all: nobody panics');
  near(t, calm[4], 27, 1.5, 'the second priority');
});

t.test('localities by weight and availability, as the real Envoy (5403 : 11347)', async (t) => {
  const { balancer } = balance(
    policyTypes.roundRobin,
    endpoints(
      { zone: 'a', weight: 1, endpoints: [{ port: 3 }, { port: 4 }] },
      { zone: 'b', weight: 3, endpoints: [{ port: 5 }, { port: 6, healthStatus: 2 }] },
    ),
    { locality: { kind: 'weighted' } },
  );
  const found = shares(balancer, 20000);
  near(t, found[5], 67.7, 1, 'weight 3 times 0.7');
  near(t, found[3], 16.1, 1, 'half of weight 1');
});

t.test('draining hosts count neither as available nor as missing', async (t) => {
  const { balancer } = balance(
    policyTypes.roundRobin,
    endpoints({ endpoints: [{ port: 1, healthStatus: 3 }, { port: 2, healthStatus: 3 }, { port: 3 }] }),
    roundRobin,
  );
  t.equal(Math.round(shares(balancer, 100)[3] ?? 0), 100, 'one healthy host of one that counts: no panic');
});

t.test('the scheduler serves equal deadlines in order and follows its weights', async (t) => {
  const scheduler = new EdfScheduler([2, 1, 1]);
  const weights = [2, 1, 1];
  const picks = Array.from({ length: 8 }, () => {
    const entry = scheduler.peek();
    scheduler.reschedule(weights[entry] ?? 1);
    return entry;
  });
  t.same(picks, [0, 1, 2, 0, 0, 1, 2, 0]);
});
