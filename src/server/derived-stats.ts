// Owns the statistics that Envoy has and that nothing here has to count: values that follow from others, and those that
// are always 0 because what they count does not exist in this process. They are made when somebody looks, so they cost
// no memory (a few dozen names for each listener and connection manager would).
import type { Counter } from '../observability/stats/api.ts';
import { NO_BINS } from '../observability/stats/bins.ts';
import type { HistogramView, NumberView, StatsView, TextView } from '../observability/stats/view.ts';
import type { Server } from './compose.ts';

/** Tracing comes with a later issue; until then no request is traced. Health checks are counted all the same. */
const tracing = ['client_enabled', 'not_traceable', 'random_sampling', 'service_forced'];

/** The router of requests that the proxy itself makes: there is none yet. */
const asyncClient = [
  'no_cluster',
  'no_route',
  'passthrough_internal_redirect_bad_location',
  'passthrough_internal_redirect_no_route',
  'passthrough_internal_redirect_predicate',
  'passthrough_internal_redirect_too_many_redirects',
  'passthrough_internal_redirect_unsafe_scheme',
  'rq_direct_response',
  'rq_overload_local_reply',
  'rq_redirect',
  'rq_reset_after_downstream_response_started',
  'rq_total',
].map((name) => `http.async-client.${name}`);

/** One event loop cannot watch itself: the watchdog never misses. */
const watchdogs = ['main_thread', 'workers', 'server.main_thread', 'server.worker_0'].flatMap((owner) => [
  `${owner}.watchdog_mega_miss`,
  `${owner}.watchdog_miss`,
]);

/** Everything that a scrape or a sink shows: the store's and those made here. */
export class FullStatsView implements StatsView {
  readonly #server: Server;

  constructor(server: Server) {
    this.#server = server;
  }

  *counters(): Iterable<NumberView> {
    for (const counter of this.#server.stats.counters()) {
      yield counter;
      if (counter.leaf === 'downstream_cx_total') yield* this.#admitted(besidesConnections(counter.prefix, counter));
    }
    yield* this.#admitted(this.#processCounters());
  }

  *gauges(): Iterable<NumberView> {
    for (const gauge of this.#server.stats.gauges()) {
      yield gauge;
      const { prefix } = gauge;
      if (gauge.leaf === 'downstream_cx_active' && prefix.startsWith('listener.')) {
        yield* this.#admitted([number(`${prefix}${threadOf(prefix)}.downstream_cx_active`, gauge.value)]);
      }
    }
    yield* this.#admitted(this.#processGauges());
  }

  *histograms(): Iterable<HistogramView> {
    for (const histogram of this.#server.stats.histograms()) yield histogram;
    const empty: HistogramView[] = [emptyHistogram('overload.refresh_interval_delay', 'milliseconds')];
    // The kernel's batches of connections are not visible in Node.
    for (const { leaf, prefix } of this.#server.stats.counters()) {
      if (leaf !== 'downstream_cx_total' || !prefix.startsWith('listener.')) continue;
      empty.push(emptyHistogram(`${prefix}connections_accepted_per_socket_event`, 'unspecified'));
    }
    yield* this.#admitted(empty);
  }

  textReadouts(): Iterable<TextView> {
    return this.#server.stats.textReadouts();
  }

  /** stats_matcher counts here too. */
  *#admitted<Item extends { readonly name: string }>(items: Iterable<Item>): Generator<Item> {
    const filter = this.#server.statsSettings.filter;
    for (const item of items) if (filter === null || !filter.rejects(item.name)) yield item;
  }

  *#processCounters(): Generator<NumberView> {
    for (const name of watchdogs) yield number(name, 0);
    for (const name of asyncClient) yield number(name, 0);
    yield number('envoy.overload_actions.reset_high_memory_stream.count', 0);
  }

  *#processGauges(): Generator<NumberView> {
    const { clusters, options } = this.#server;
    yield number('listener_manager.workers_pinned', 0);
    if (!options.disableHotRestart) yield number('server.hot_restart_generation', options.restartEpoch + 1);
    let active = 0;
    for (const _cluster of clusters.clusters()) active++;
    for (const thread of ['main_thread', 'worker_0']) {
      yield number(`thread_local_cluster_manager.${thread}.clusters_inflated`, active);
    }
  }
}

/** What Envoy has beside `downstream_cx_total` of a connection manager or a listener. */
function* besidesConnections(prefix: string, total: Counter): Generator<NumberView> {
  if (prefix.startsWith('http.') && prefix !== 'http.admin.') {
    for (const name of tracing) yield number(`${prefix}tracing.${name}`, 0);
  } else if (prefix.startsWith('listener.')) {
    yield number(`${prefix}${threadOf(prefix)}.downstream_cx_total`, total.value);
    if (prefix === 'listener.admin.') return;
    // Configuration of a filter by discovery (ECDS) is not there to be missing.
    yield number(`${prefix}extension_config_missing`, 0);
    yield number(`${prefix}network_extension_config_missing`, 0);
  }
}

/** Envoy serves the admin on its main thread. */
function threadOf(prefix: string): string {
  return prefix === 'listener.admin.' ? 'main_thread' : 'worker_0';
}

function number(name: string, value: number): NumberView {
  return { name, value, used: value !== 0 };
}

function emptyHistogram(name: string, unit: HistogramView['unit']): HistogramView {
  return { name, unit, used: false, scale: 1, interval: NO_BINS, cumulative: () => NO_BINS };
}
