// Owns the share of traffic each priority gets from the health of its hosts, with Envoy's arithmetic: a priority takes
// all it can, up to its healthy percentage times the overprovisioning factor; the rest spills to the next one; degraded
// hosts come last; a priority with too few available hosts panics and disregards health.
// https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/load_balancing/priority
// https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/load_balancing/panic_threshold
import type { Host } from '../../../upstream/api.ts';
import type { HostSet } from '../../../upstream/load-balancing/api.ts';

export interface PriorityShare {
  /** Percent of all traffic for the healthy hosts; all shares of all priorities add up to 100. */
  readonly healthy: number;
  readonly degraded: number;
  readonly panic: boolean;
}

/** By priority. `panicThreshold` in percent. */
export function priorityShares(sets: readonly HostSet[], panicThreshold: number): PriorityShare[] {
  const healthy = sets.map((set) => availability(set, set.healthy));
  const degraded = sets.map((set) => availability(set, set.degraded));
  const total = Math.min(100, sum(healthy) + sum(degraded));
  const shares =
    total === 0
      ? sets.map((_, index) => ({ healthy: index === 0 ? 100 : 0, degraded: 0 }))
      : distribute(healthy, degraded, total);
  if (total === 100) return shares.map((share) => ({ ...share, panic: false }));
  const panic = sets.map((set) => isPanicking(set, panicThreshold));
  // All panic: the load goes by number of hosts.
  if (panic.every(Boolean)) return byHostCount(sets);
  return shares.map((share, index) => ({ ...share, panic: panic[index] ?? false }));
}

/** The load without some priorities, as for a retry; null when no other has a host to offer. `usual`: the load of first attempts. */
export function sharesWithout(
  sets: readonly HostSet[],
  excluded: readonly boolean[],
  usual: readonly PriorityShare[],
): PriorityShare[] | null {
  const healthy = sets.map((set, index) => (excluded[index] === true ? 0 : availability(set, set.healthy)));
  const degraded = sets.map((set, index) => (excluded[index] === true ? 0 : availability(set, set.degraded)));
  const total = Math.min(100, sum(healthy) + sum(degraded));
  if (total === 0) return null;
  return distribute(healthy, degraded, total).map((share, index) => ({
    ...share,
    panic: usual[index]?.panic === true,
  }));
}

/** Percent of the priority's traffic that these hosts can take. */
function availability(set: HostSet, hosts: readonly Host[]): number {
  const expected = set.hosts.length - set.excluded.length;
  if (expected === 0) return 0;
  const part = set.weightedPriorityHealth ? weightOf(hosts) / weightOf(set.hosts) : hosts.length / expected;
  return Math.min(100, Math.floor(set.overprovisioningFactor * part));
}

function distribute(
  healthy: readonly number[],
  degraded: readonly number[],
  total: number,
): Omit<PriorityShare, 'panic'>[] {
  let left = 100;
  const take = (available: number): number => {
    const share = Math.min(left, Math.floor((available * 100) / total));
    left -= share;
    return share;
  };
  const healthyShares = healthy.map(take);
  const degradedShares = degraded.map(take);
  // What rounding lost goes to the first that has anything.
  const first = healthyShares.findIndex((_, index) => (healthy[index] ?? 0) > 0);
  if (first >= 0) healthyShares[first] = (healthyShares[first] ?? 0) + left;
  else {
    const firstDegraded = degradedShares.findIndex((_, index) => (degraded[index] ?? 0) > 0);
    if (firstDegraded >= 0) degradedShares[firstDegraded] = (degradedShares[firstDegraded] ?? 0) + left;
  }
  return healthyShares.map((share, index) => ({ healthy: share, degraded: degradedShares[index] ?? 0 }));
}

/** Where no host counts (none there, or all draining) any is better than none. */
function isPanicking(set: HostSet, threshold: number): boolean {
  const expected = set.hosts.length - set.excluded.length;
  const available = expected === 0 ? 0 : ((set.healthy.length + set.degraded.length) * 100) / expected;
  return available < threshold;
}

function byHostCount(sets: readonly HostSet[]): PriorityShare[] {
  const hosts = sum(sets.map((set) => set.hosts.length));
  const healthy = sets.map((set) => (hosts === 0 ? 0 : Math.floor((100 * set.hosts.length) / hosts)));
  // What rounding lost goes to the first that has hosts; without any the load must still be somewhere.
  const first = Math.max(
    0,
    sets.findIndex((set) => set.hosts.length > 0),
  );
  const left = 100 - sum(healthy);
  return healthy.map((share, index) => ({ healthy: index === first ? share + left : share, degraded: 0, panic: true }));
}

function weightOf(hosts: readonly Host[]): number {
  return hosts.reduce((total, host) => total + host.weight, 0);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
