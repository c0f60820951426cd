// Owns the statistics `cluster.NAME.grpc.` (and `grpc-web.`), with or without the names of service and method.
import type { DecoderFilterCallbacks } from '../../../http/filter/api.ts';
import type { RequestHeaders } from '../../../http/headers/api.ts';
import type { Counter, Histogram, StatsScope } from '../../../observability/stats/api.ts';
import type { Route } from '../../../router/api.ts';
import type { Cluster } from '../../../upstream/api.ts';

/** Methods whose names peers chose, and statuses that upstreams chose, for each cluster: beyond, names are left out. */
const maxMethods = 1000;
const maxStatuses = 100;

/** Of one method, or of all that have no names. Each statistic is made when first needed, as in Envoy. */
export class MethodStats {
  readonly #scope: StatsScope;
  readonly #prefix: string;
  readonly #counters = new Map<string, Counter>();
  #upstreamTime: Histogram | null = null;

  constructor(scope: StatsScope, prefix: string) {
    this.#scope = scope;
    this.#prefix = prefix;
  }

  addRequestMessages(count: number): void {
    this.#counter('request_message_count').add(count);
  }

  addResponseMessages(count: number): void {
    this.#counter('response_message_count').add(count);
  }

  ended(status: string): void {
    if (this.#counters.size < maxStatuses || this.#counters.has(status)) this.#counter(status).inc();
    this.#counter(status === '0' ? 'success' : 'failure').inc();
    this.#counter('total').inc();
  }

  recordUpstreamTime(milliseconds: number): void {
    this.#upstreamTime ??= this.#scope.histogram(`${this.#prefix}upstream_rq_time`, 'milliseconds');
    this.#upstreamTime.record(milliseconds);
  }

  #counter(name: string): Counter {
    let counter = this.#counters.get(name);
    if (counter === undefined) {
      counter = this.#scope.counter(this.#prefix + name);
      this.#counters.set(name, counter);
    }
    return counter;
  }
}

export interface MethodNames {
  /** Every method is counted by name. */
  readonly all: boolean;
  /** `/SERVICE/METHOD` of those that are. */
  readonly listed: ReadonlySet<string>;
  readonly replaceDots: boolean;
  /** First word of the names. */
  readonly protocol: 'grpc' | 'grpc-web';
}

/** Of one cluster; gone with it. */
export class ClusterGrpcStats {
  readonly #scope: StatsScope;
  readonly #names: MethodNames;
  readonly #unnamed: MethodStats;
  readonly #byPath = new Map<string, MethodStats>();

  constructor(scope: StatsScope, names: MethodNames) {
    this.#scope = scope;
    this.#names = names;
    this.#unnamed = new MethodStats(scope, `${names.protocol}.`);
  }

  /** Null where the path is not `/SERVICE/METHOD`: such requests are not counted. */
  ofPath(path: string): MethodStats | null {
    const query = path.indexOf('?');
    const bare = query === -1 ? path : path.slice(0, query);
    const known = this.#byPath.get(bare);
    if (known !== undefined) return known;
    const parts = bare.split('/');
    if (parts.length !== 3) return null;
    const named = this.#names.all ? this.#byPath.size < maxMethods : this.#names.listed.has(bare);
    if (!named) return this.#unnamed;
    const [, service = '', method = ''] = parts;
    const shown = this.#names.replaceDots ? service.replaceAll('.', '_') : service;
    const made = new MethodStats(this.#scope, `${this.#names.protocol}.${shown}.${method}.`);
    this.#byPath.set(bare, made);
    return made;
  }
}

/** Of all clusters that a filter meets. */
export class GrpcStatsByCluster {
  readonly #names: MethodNames;
  readonly #clusters = new WeakMap<Cluster, ClusterGrpcStats>();

  constructor(names: MethodNames) {
    this.#names = names;
  }

  /** Null where the request goes to no cluster, or has no path of a method. */
  ofRequest(headers: RequestHeaders, callbacks: DecoderFilterCallbacks): MethodStats | null {
    const { streamInfo, randomValue } = callbacks;
    const route = callbacks.route() as Route | null;
    if (route === null || route.kind !== 'forward') return null;
    const { cluster } = route.selectCluster({ headers, streamInfo, randomValue });
    const scope = cluster?.statsScope;
    if (cluster === null || scope === undefined) return null;
    let stats = this.#clusters.get(cluster);
    if (stats === undefined) {
      stats = new ClusterGrpcStats(scope, this.#names);
      this.#clusters.set(cluster, stats);
    }
    return stats.ofPath(headers.path);
  }
}
