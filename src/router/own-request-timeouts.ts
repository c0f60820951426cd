// Owns which timeout of a request of the proxy's own is over, and what is said of it.
import type { LazyTimeout } from '../base/lazy-timeout.ts';
import type { ClusterTrafficStats } from '../upstream/api.ts';
import { explainTimeout, type TimeoutKind } from './failure.ts';
import type { RequestTimeouts, TimedAttempt } from './timeouts.ts';

/** Takes it off its owner and counts it, that of the whole request only while an attempt is in flight (as Envoy). Null: it is nobody's any more. */
export function countTimeout(
  timeout: LazyTimeout,
  timeouts: RequestTimeouts,
  attempt: TimedAttempt | null,
  inFlight: boolean,
  stats: ClusterTrafficStats,
): TimeoutKind | null {
  if (timeouts.takeGlobal(timeout)) {
    if (inFlight) stats.upstreamRqTimeout.inc();
    return 'global';
  }
  if (attempt?.perTryTimeout === timeout) {
    attempt.perTryTimeout = null;
    stats.upstreamRqPerTryTimeout.inc();
    return 'per-try';
  }
  if (attempt?.streamDuration !== timeout) return null;
  attempt.streamDuration = null;
  stats.upstreamRqMaxDurationReached.inc();
  return 'stream-duration';
}

/** There is no route whose timeout it could be. */
export function explainOwnTimeout(
  kind: TimeoutKind,
  host: string,
  cluster: string,
  delayMs: number,
  started: boolean,
): { details: string; cause: string } {
  const explained = explainTimeout(kind, host, cluster, delayMs, started);
  if (kind !== 'global') return explained;
  const late = started ? 'had not finished its answer' : 'did not answer';
  const cause = `host ${host} of cluster '${cluster}' ${late} within the call's timeout of ${delayMs} ms (grpc_service.timeout)`;
  return { details: explained.details, cause };
}
