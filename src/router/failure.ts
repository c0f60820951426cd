// Owns the one place that turns a failed upstream attempt into status, body, flag, details and words.
// Status, body and details are Envoy's contract; the words are ours (DESIGN 4).
import { ResetReason } from '../http/codec/api.ts';
import { ResponseFlag } from '../observability/response-flags.ts';
import { type Cluster, type MetadataMatchCriteria, PoolFailureReason, type Priority } from '../upstream/api.ts';

interface ResetDescription {
  readonly text: string;
  readonly flag: number;
}

const descriptions: readonly ResetDescription[] = [
  /* LocalReset */ { text: 'local reset', flag: ResponseFlag.LocalReset },
  /* LocalRefusedStreamReset */ { text: 'local refused stream reset', flag: ResponseFlag.LocalReset },
  /* RemoteReset */ { text: 'remote reset', flag: ResponseFlag.UpstreamRemoteReset },
  /* RemoteRefusedStreamReset */ { text: 'remote refused stream reset', flag: ResponseFlag.UpstreamRemoteReset },
  /* LocalConnectionFailure */ { text: 'local connection failure', flag: ResponseFlag.UpstreamConnectionFailure },
  /* RemoteConnectionFailure */ { text: 'remote connection failure', flag: ResponseFlag.UpstreamConnectionFailure },
  /* ConnectionTimeout */ { text: 'connection timeout', flag: ResponseFlag.UpstreamConnectionFailure },
  /* ConnectionTermination */ { text: 'connection termination', flag: ResponseFlag.UpstreamConnectionTermination },
  /* Overflow */ { text: 'overflow', flag: ResponseFlag.UpstreamOverflow },
  /* ConnectError */ { text: 'remote error with CONNECT request', flag: ResponseFlag.UpstreamRemoteReset },
  /* ProtocolError */ { text: 'protocol error', flag: ResponseFlag.UpstreamProtocolError },
  /* OverloadManager */ { text: 'overload manager reset', flag: ResponseFlag.OverloadManager },
  /* Http1PrematureUpstreamHalfClose */ {
    text: 'HTTP/1 premature upstream half close',
    flag: ResponseFlag.UpstreamConnectionTermination,
  },
];

export function resetFlag(reason: ResetReason): number {
  return descriptions[reason]?.flag ?? 0;
}

export function resetText(reason: ResetReason): string {
  return descriptions[reason]?.text ?? 'unknown';
}

/** Envoy answers 502 when the upstream broke the protocol, else 503. */
export function resetStatus(reason: ResetReason): number {
  return reason === ResetReason.ProtocolError ? 502 : 503;
}

/** `upstream_reset_before_response_started{connection_termination}`. */
export function resetDetails(reason: ResetReason, transportFailure: string): string {
  const inner = transportFailure === '' ? resetText(reason) : `${resetText(reason)}|${transportFailure}`;
  return `upstream_reset_before_response_started{${inner}}`;
}

/** The same when some of it had gone on, an interim response too. */
export function lateResetDetails(reason: ResetReason): string {
  return `upstream_reset_after_response_started{${resetText(reason).replaceAll(' ', '_')}}`;
}

/** The connection could not be made: its words belong to the details. */
export function isTransportFailure(reason: ResetReason): boolean {
  return (
    reason === ResetReason.LocalConnectionFailure ||
    reason === ResetReason.RemoteConnectionFailure ||
    reason === ResetReason.ConnectionTimeout
  );
}

/** `wanted`: the metadata that a host must carry; null where any will do. */
export function explainNoHost({ info, stats }: Cluster, wanted: MetadataMatchCriteria | null): string {
  const available = stats.membershipHealthy.value + stats.membershipDegraded.value;
  if (available === 0)
    return `cluster '${info.name}' has no host that may take a request: no endpoints, or none of them healthy`;
  const none = `none of the ${available} available hosts of cluster '${info.name}' may take the request`;
  return wanted === null
    ? `${none}: its load balancing falls back to no host (fallback_policy of subsets, fail_traffic_on_panic)`
    : `${none}: it asks for the metadata {${wanted.text}} (metadata_match, dynamic metadata envoy.lb), which no subset has, and there is no fallback`;
}

export function explainNoPool(cluster: string, priority: Priority, max: number): string {
  const name = priority === 0 ? 'DEFAULT' : 'HIGH';
  return `circuit breaker of cluster ${JSON.stringify(cluster)}, priority ${name}: max_connection_pools (${max}) is reached`;
}

export function explainReplay(host: string, cluster: string, method: string, path: string): string {
  return `host ${host} of cluster '${cluster}' closed a keep-alive connection just as ${method} ${path} went out: it is sent again on another`;
}

/** Envoy's words for the client. */
export const abandonedBody = 'exceeded request buffer limit while retrying upstream';

export function explainAbandoned(path: string, limit: number): string {
  return `${path} will not be retried: its body exceeds the ${limit} bytes that may be kept (per_request_buffer_limit_bytes, else per_connection_buffer_limit_bytes)`;
}

/** Details token of a timeout, and what it means. `host` is `-` where none was asked; `started`: its answer had begun. */
export function explainTimeout(
  kind: TimeoutKind,
  host: string,
  cluster: string,
  delayMs: number,
  started: boolean,
): { details: string; cause: string } {
  const where = `host ${host} of cluster '${cluster}'`;
  const late = started ? 'had not finished its answer' : 'did not answer';
  switch (kind) {
    case 'global':
      return {
        details: 'response_timeout',
        cause: `${where} ${late} within the route's timeout of ${delayMs} ms (route.timeout, default 15 s)`,
      };
    case 'per-try':
      return {
        details: 'upstream_per_try_timeout',
        cause: `${where} ${late} within the per-try timeout of ${delayMs} ms (retry_policy.per_try_timeout)`,
      };
    case 'per-try-idle':
      return {
        details: 'upstream_per_try_idle_timeout',
        cause: `${where} sent nothing for ${delayMs} ms (retry_policy.per_try_idle_timeout)`,
      };
    case 'stream-duration':
      return {
        details: 'upstream_max_stream_duration_reached',
        cause: `${where} was not done after ${delayMs} ms (max_stream_duration of the cluster)`,
      };
  }
}

/** Which of a request's timeouts is over. */
export type TimeoutKind = 'global' | 'per-try' | 'per-try-idle' | 'stream-duration';

export function resetBody(reason: ResetReason, retried: boolean): string {
  const again = retried ? 'retried and the latest ' : '';
  return `upstream connect error or disconnect/reset before headers. ${again}reset reason: ${resetText(reason)}`;
}

export function poolFailureReset(reason: PoolFailureReason): ResetReason {
  switch (reason) {
    case PoolFailureReason.Overflow:
      return ResetReason.Overflow;
    case PoolFailureReason.LocalConnectionFailure:
      return ResetReason.LocalConnectionFailure;
    case PoolFailureReason.RemoteConnectionFailure:
      return ResetReason.RemoteConnectionFailure;
    case PoolFailureReason.Timeout:
      return ResetReason.ConnectionTimeout;
  }
}

/** What happened before an answer began, to whom, and what to look at. */
export function explainReset(
  reason: ResetReason,
  details: string,
  host: string,
  cluster: string,
  reused: boolean,
): string {
  const where = `host ${host} of cluster '${cluster}'`;
  switch (reason) {
    case ResetReason.Overflow:
      return details === '' ? `a circuit breaker of cluster '${cluster}' is open` : details;
    case ResetReason.LocalConnectionFailure:
    case ResetReason.RemoteConnectionFailure:
      return `could not connect to ${where}${details === '' ? '' : `: ${details}`}`;
    case ResetReason.ConnectionTimeout:
      return `${where} did not accept the connection within connect_timeout${details === '' ? '' : `: ${details}`}`;
    case ResetReason.ConnectionTermination:
      return reused
        ? `${where} closed a keep-alive connection just as the request went out: its idle timeout may be shorter than the cluster's`
        : `${where} closed the connection before it answered`;
    case ResetReason.ProtocolError:
      return `${where} sent bytes that are no valid HTTP response${details === '' ? '' : `: ${details}`}`;
    case ResetReason.RemoteReset:
    case ResetReason.RemoteRefusedStreamReset:
      return `${where} reset the stream`;
    default:
      return `${resetText(reason)} towards ${where}`;
  }
}

/**
 * The same where the client has the beginning of the answer, and why it never gets the rest. The transport's words stay
 * out of the details: `upstream_reset_after_response_started{connection_termination}`.
 */
export function lateReset(
  reason: ResetReason,
  details: string,
  host: string,
  cluster: string,
): { details: string; cause: string } {
  const words = details === '' ? '' : `: ${details}`;
  return {
    details: lateResetDetails(reason),
    cause: `host ${host} of cluster '${cluster}' ${brokenOff(reason)}${words}`,
  };
}

function brokenOff(reason: ResetReason): string {
  switch (reason) {
    case ResetReason.ConnectionTermination:
      return 'closed the connection in the middle of its answer';
    case ResetReason.ProtocolError:
      return 'broke its answer off';
    default:
      return `did not finish its answer (${resetText(reason)})`;
  }
}
