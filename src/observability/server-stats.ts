// Owns the statistics of the process as a whole, `server.*` (Envoy's names). The server tells events; what has to be
// measured is measured when somebody looks (`refresh` before a scrape or a flush), not on a timer.
// https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/statistics
import { getHeapStatistics } from 'node:v8';
import { neverHappenedCount } from '../base/assert.ts';
import type { Clock } from '../base/clock.ts';
import type { Counter, Gauge, Histogram, StatsScope } from './stats/api.ts';

/** Values of `server.state`, as Envoy's ServerInfo.State. */
export const ServerState = { Live: 0, Draining: 1, PreInitializing: 2, Initializing: 3 } as const;
export type ServerState = (typeof ServerState)[keyof typeof ServerState];

/** What Envoy shows where no certificate is in use. */
const NO_CERTIFICATE = 0xffffffff;

export class ServerStats {
  readonly live: Gauge;
  readonly state: Gauge;
  readonly concurrency: Gauge;
  readonly uptime: Gauge;
  readonly version: Gauge;
  readonly hotRestartEpoch: Gauge;
  readonly totalConnections: Gauge;
  readonly parentConnections: Gauge;
  readonly memoryAllocated: Gauge;
  readonly memoryHeapSize: Gauge;
  readonly memoryPhysicalSize: Gauge;
  readonly daysUntilFirstCertExpiring: Gauge;
  readonly secondsUntilFirstOcspResponseExpiring: Gauge;
  readonly statsRecentLookups: Gauge;
  readonly initializationTimeMs: Histogram;
  readonly staticUnknownFields: Counter;
  readonly dynamicUnknownFields: Counter;
  readonly wipProtos: Counter;
  readonly droppedStatFlushes: Counter;
  readonly debugAssertionFailures: Counter;
  readonly envoyBugFailures: Counter;
  readonly envoyNotifications: Counter;
  readonly #clock: Clock;
  readonly #startedAt: number;

  constructor(stats: StatsScope, clock: Clock) {
    const scope = stats.scope('server.');
    this.#clock = clock;
    this.#startedAt = clock.monotonic();
    this.live = scope.gauge('live');
    this.state = scope.gauge('state');
    this.concurrency = scope.gauge('concurrency');
    this.uptime = scope.gauge('uptime');
    this.version = scope.gauge('version');
    this.hotRestartEpoch = scope.gauge('hot_restart_epoch');
    this.totalConnections = scope.gauge('total_connections');
    this.parentConnections = scope.gauge('parent_connections');
    this.memoryAllocated = scope.gauge('memory_allocated');
    this.memoryHeapSize = scope.gauge('memory_heap_size');
    this.memoryPhysicalSize = scope.gauge('memory_physical_size');
    this.daysUntilFirstCertExpiring = scope.gauge('days_until_first_cert_expiring');
    this.secondsUntilFirstOcspResponseExpiring = scope.gauge('seconds_until_first_ocsp_response_expiring');
    this.statsRecentLookups = scope.gauge('stats_recent_lookups');
    this.initializationTimeMs = scope.histogram('initialization_time_ms', 'milliseconds');
    this.staticUnknownFields = scope.counter('static_unknown_fields');
    this.dynamicUnknownFields = scope.counter('dynamic_unknown_fields');
    this.wipProtos = scope.counter('wip_protos');
    this.droppedStatFlushes = scope.counter('dropped_stat_flushes');
    this.debugAssertionFailures = scope.counter('debug_assertion_failures');
    this.envoyBugFailures = scope.counter('envoy_bug_failures');
    this.envoyNotifications = scope.counter('envoy_notifications');
    scope.gauge('compilation_settings.fips_mode');
    this.state.set(ServerState.PreInitializing);
    this.daysUntilFirstCertExpiring.set(NO_CERTIFICATE);
  }

  /** Null: no certificate is in use. */
  setDaysUntilFirstExpiry(days: number | null): void {
    this.daysUntilFirstCertExpiring.set(days ?? NO_CERTIFICATE);
  }

  /** `revision`: the commit in the reported version; its first six digits are the number Envoy shows. */
  start(revision: string, concurrency: number, restartEpoch: number): void {
    const number = Number.parseInt(revision.slice(0, 6), 16);
    this.version.set(Number.isNaN(number) ? 0 : number);
    this.concurrency.set(concurrency);
    this.hotRestartEpoch.set(restartEpoch);
    this.state.set(ServerState.Initializing);
  }

  /** Everything is loaded and warm, listeners take traffic. Records the time since construction. */
  onInitialized(): void {
    this.initializationTimeMs.record(this.#clock.monotonic() - this.#startedAt);
    this.state.set(ServerState.Live);
    this.live.set(1);
  }

  /** POST /healthcheck/fail and shutdown, or back. */
  setDraining(draining: boolean): void {
    this.live.set(draining ? 0 : 1);
    this.state.set(draining ? ServerState.Draining : ServerState.Live);
  }

  /** Reads what changes by itself: time and memory. Takes some 20 microseconds. */
  refresh(): void {
    this.uptime.set(Math.trunc((this.#clock.monotonic() - this.#startedAt) / 1000));
    const heap = getHeapStatistics();
    this.memoryAllocated.set(heap.used_heap_size + heap.malloced_memory + heap.external_memory);
    this.memoryHeapSize.set(heap.total_heap_size);
    this.memoryPhysicalSize.set(process.memoryUsage.rss());
    const failures = neverHappenedCount() - this.envoyBugFailures.value;
    if (failures > 0) this.envoyBugFailures.add(failures);
  }

  /** When a certificate in use expires first, in milliseconds since the epoch. */
  setFirstCertificateExpiry(wallMs: number): void {
    const days = Math.trunc((wallMs - this.#clock.wall()) / 86_400_000);
    this.daysUntilFirstCertExpiring.set(Math.max(0, days));
  }
}
