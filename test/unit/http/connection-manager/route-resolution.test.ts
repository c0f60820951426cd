// What record_route_resolution_stats records: one value of each histogram for a request, whatever it asked for.
import t from 'tap';
import { RouteResolutionStats } from '../../../../src/http/connection-manager/route-resolution.ts';
import { StatsStore } from '../../../../src/observability/stats/store.ts';

t.test('searches for a route', async (t) => {
  const store = new StatsStore();
  const recorded: [string, number][] = [];
  const scope = store.scope('http.a.');
  const stats = new RouteResolutionStats({
    ...scope,
    histogram: (name, unit) => ({ name, unit, record: (value: number) => recorded.push([name, value]) }),
  } as typeof scope);
  stats.record(2, 0.0125);
  stats.record(0, 0);
  t.same(recorded, [
    ['downstream_rq_route_resolutions', 2],
    ['downstream_rq_route_resolution_time_us', 13],
  ]);
});
