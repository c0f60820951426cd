// Owns the statistics `cluster.NAME.grpc.`, with or without the names of service and method.
import type { Counter, Histogram, StatsScope } from '../../../../observability/stats/api.ts';

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
    this.#unnamed = new MethodStats(scope, 'grpc.');
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
    const made = new MethodStats(this.#scope, `grpc.${shown}.${method}.`);
    this.#byPath.set(bare, made);
    return made;
  }
}
