// Owns the one place that turns a failed upstream attempt into status, body, flag, details and words.
// Status, body and details are Envoy's contract; the words are ours (DESIGN 4).
import { ResetReason } from '../http/codec/api.ts';
import { ResponseFlag } from '../observability/response-flags.ts';
import { PoolFailureReason } from '../upstream/api.ts';

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
  /* ConnectError */ { text: 'remote reset', flag: ResponseFlag.UpstreamRemoteReset },
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

/** The transport's words stay out of it: they are for the log, not for the client. */
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

/** What happened, to whom, and what to look at. */
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
