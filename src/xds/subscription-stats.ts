// Owns the statistics of a subscription, under the owner's prefix (`cluster_manager.cds.`, `listener_manager.lds.`,
// `http.PREFIX.rds.NAME.`).
// Source: https://www.envoyproxy.io/docs/envoy/latest/configuration/overview/mgmt_server#xds-subscription-statistics
import type { Counter, Gauge, Histogram, StatsScope } from '../observability/stats/api.ts';
import { type CounterGroup, counters } from '../observability/stats/group.ts';

const names = {
  initFetchTimeout: 'init_fetch_timeout',
  updateAttempt: 'update_attempt',
  updateFailure: 'update_failure',
  updateRejected: 'update_rejected',
  updateSuccess: 'update_success',
} as const;

export interface SubscriptionStats extends CounterGroup<typeof names> {
  readonly updateDuration: Histogram;
  setVersion(version: string): void;
  /** Milliseconds since the epoch. */
  setUpdateTime(time: number): void;
}

export function subscriptionStats(scope: StatsScope): SubscriptionStats {
  const version = scope.gauge('version');
  const versionText = scope.textReadout('version_text');
  const updateTime = scope.gauge('update_time');
  return {
    ...counters(scope, names),
    updateDuration: scope.histogram('update_duration', 'milliseconds'),
    setVersion: (text) => {
      versionText.value = text;
      version.set(hash(text));
    },
    setUpdateTime: (time) => updateTime.set(Math.trunc(time)),
  };
}

/** Routes and clusters only: how often what was sent changed something, and when last. */
export class ReloadStats {
  readonly #configReload: Counter;
  readonly #configReloadTimeMs: Gauge;

  constructor(scope: StatsScope) {
    this.#configReload = scope.counter('config_reload');
    this.#configReloadTimeMs = scope.gauge('config_reload_time_ms');
  }

  /** `now`: milliseconds since the epoch. */
  reloaded(now: number): void {
    this.#configReload.inc();
    this.#configReloadTimeMs.set(Math.trunc(now));
  }
}

/** FNV-1a of 32 bits: a number that changes with the version, which is all that the gauge promises. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return value;
}
