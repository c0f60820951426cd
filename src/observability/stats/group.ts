// Makes a group of statistics from a table `field: name`, so that a unit lists its names once.
import type { Counter, Gauge, StatsScope } from './api.ts';

export type CounterGroup<Names> = { readonly [Key in keyof Names]: Counter };
export type GaugeGroup<Names> = { readonly [Key in keyof Names]: Gauge };

export function counters<Names extends Readonly<Record<string, string>>>(
  scope: StatsScope,
  names: Names,
  prefix = '',
): CounterGroup<Names> {
  const group = {} as { [Key in keyof Names]: Counter };
  for (const key in names) group[key] = scope.counter(prefix + names[key]);
  return asFastObject(group);
}

export function gauges<Names extends Readonly<Record<string, string>>>(
  scope: StatsScope,
  names: Names,
): GaugeGroup<Names> {
  const group = {} as { [Key in keyof Names]: Gauge };
  for (const key in names) group[key] = scope.gauge(names[key] as string);
  return asFastObject(group);
}

/**
 * Objects filled by computed names become hash tables in V8 beyond a dozen properties; a copy has a shape again, so that
 * reading a field on the request path is one load.
 */
function asFastObject<Group extends object>(group: Group): Group {
  return { ...group };
}
