// Answers health checks of this process: by its own state, by the health of clusters, or by what upstream said lately.
import {
  type DecoderFilterCallbacks,
  FilterDataStatus,
  FilterHeadersStatus,
  FilterTrailersStatus,
  PassThroughFilter,
  type ProcessServices,
} from '../../../../http/filter/api.ts';
import { Names, type RequestHeaders, type ResponseHeaders } from '../../../../http/headers/api.ts';
import { allMatch, type HeaderMatcher } from '../../../../matchers/api.ts';
import { ResponseFlag } from '../../../../observability/api.ts';
import type { ClusterHandle } from '../../../../upstream/api.ts';
import type { AnswerCache } from './cache.ts';
import type { HealthCheckStats } from './stats.ts';

export interface HealthCheckConfig {
  readonly passThrough: boolean;
  /** All must match. */
  readonly headers: readonly HeaderMatcher[];
  /** Null: every check goes up. */
  readonly cache: AnswerCache | null;
  readonly clusters: readonly { readonly cluster: ClusterHandle; readonly minHealthyPercentage: number }[];
  /** Name of this process's own cluster (node.cluster). */
  readonly serviceCluster: string;
  readonly process: ProcessServices['drain'];
  readonly stats: HealthCheckStats;
}

interface Verdict {
  readonly status: number;
  readonly details: string;
  readonly cause: string;
}

const ok: Verdict = { status: 200, details: 'health_check_ok', cause: '' };
const okClusters: Verdict = { status: 200, details: 'health_check_ok_cluster_healthy', cause: '' };
const failed: Verdict = {
  status: 503,
  details: 'health_check_failed',
  cause: 'health checks fail since /healthcheck/fail of the admin interface was called',
};

export class HealthCheckFilter extends PassThroughFilter {
  readonly #config: HealthCheckConfig;
  #callbacks: DecoderFilterCallbacks | null = null;
  #isCheck = false;
  /** Answered here once the request is complete. */
  #handling = false;

  constructor(config: HealthCheckConfig) {
    super();
    this.#config = config;
  }

  override setDecoderCallbacks(callbacks: DecoderFilterCallbacks): void {
    this.#callbacks = callbacks;
  }

  override decodeHeaders(headers: RequestHeaders, endStream: boolean): FilterHeadersStatus {
    const { headers: matchers, passThrough, cache, process } = this.#config;
    const callbacks = this.#callbacks;
    if (callbacks === null || !allMatch(matchers, headers)) return FilterHeadersStatus.Continue;
    this.#isCheck = true;
    callbacks.streamInfo.healthCheck = true;
    this.#handling = !passThrough || process.healthCheckFailed || cache?.holds === true;
    if (!this.#handling) return FilterHeadersStatus.Continue;
    if (endStream) this.#answer(callbacks);
    return FilterHeadersStatus.StopIteration;
  }

  override decodeData(_data: Buffer, endStream: boolean): FilterDataStatus {
    if (!this.#handling) return FilterDataStatus.Continue;
    if (endStream && this.#callbacks !== null) this.#answer(this.#callbacks);
    return FilterDataStatus.StopIterationNoBuffer;
  }

  override decodeTrailers(): FilterTrailersStatus {
    if (!this.#handling) return FilterTrailersStatus.Continue;
    if (this.#callbacks !== null) this.#answer(this.#callbacks);
    return FilterTrailersStatus.StopIteration;
  }

  #answer(callbacks: DecoderFilterCallbacks): void {
    const { cache, clusters, process, passThrough, stats } = this.#config;
    const isFailed = process.healthCheckFailed;
    let verdict = ok;
    let degraded = false;
    if (isFailed) verdict = failed;
    else if (passThrough && cache !== null) {
      verdict = {
        status: cache.status,
        details: 'health_check_cached',
        cause: 'what upstream answered the last check',
      };
      degraded = cache.degraded;
      stats.cachedResponse.inc();
      if (degraded) stats.degraded.inc();
    } else if (clusters.length > 0) verdict = this.#judgeClusters();
    stats.requestTotal.inc();
    (verdict.status === 200 ? stats.ok : stats.failed).inc();
    if (verdict.status !== 200) callbacks.streamInfo.setFlag(ResponseFlag.FailedLocalHealthCheck);
    callbacks.sendLocalReply({
      status: verdict.status,
      body: '',
      details: verdict.details,
      cause: verdict.cause,
      modifyHeaders: (headers) => {
        if (isFailed) headers.set(Names.xEnvoyImmediateHealthCheckFail, 'true');
        if (degraded) headers.set(Names.xEnvoyDegraded, '');
      },
    });
  }

  #judgeClusters(): Verdict {
    const { clusters, stats } = this.#config;
    for (const { cluster: handle, minHealthyPercentage } of clusters) {
      const { cluster, name } = handle;
      if (cluster === null) {
        stats.failedClusterNotFound.inc();
        return refused('no_cluster_found', `there is no cluster '${name}'`);
      }
      const { membershipTotal, membershipHealthy, membershipDegraded } = cluster.stats;
      const total = membershipTotal.value;
      if (total === 0) {
        if (minHealthyPercentage === 0) continue;
        stats.failedClusterEmpty.inc();
        return refused('cluster_empty', `the cluster '${name}' has no hosts`);
      }
      const usable = membershipHealthy.value + membershipDegraded.value;
      if (100 * usable < total * minHealthyPercentage) {
        stats.failedClusterUnhealthy.inc();
        return refused(
          'cluster_unhealthy',
          `${usable} of ${total} hosts of the cluster '${name}' are healthy or degraded, ${minHealthyPercentage} % are asked for`,
        );
      }
    }
    return okClusters;
  }

  override encodeHeaders(headers: ResponseHeaders): FilterHeadersStatus {
    const { cache, serviceCluster, process } = this.#config;
    if (this.#isCheck) {
      cache?.set(headers.status, headers.has(Names.xEnvoyDegraded));
      headers.set(Names.xEnvoyUpstreamHealthCheckedCluster, serviceCluster);
    } else if (process.healthCheckFailed) headers.set(Names.xEnvoyImmediateHealthCheckFail, 'true');
    return FilterHeadersStatus.Continue;
  }

  override onDestroy(): void {
    this.#callbacks = null;
  }
}

function refused(reason: string, cause: string): Verdict {
  return { status: 503, details: `health_check_failed_${reason}`, cause };
}
