// Owns the field Proxy-Status (RFC 9209), by which a client learns what went wrong between it and the upstream.
import { formatResponseFlags, ResponseFlag } from '../../observability/response-flags.ts';
import type { StreamInfo } from '../../observability/stream-info.ts';
import type { ResponseHeaders } from '../headers/header-map.ts';
import { pinnedName } from '../headers/name.ts';

export interface ProxyStatusSettings {
  /** What the proxy calls itself. */
  readonly name: string;
  readonly details: boolean;
  readonly terminationDetails: boolean;
  readonly flags: boolean;
  /** The status that RFC 9209 recommends takes the place of the response's. */
  readonly setsStatus: boolean;
}

interface ProxyError {
  /** RFC 9209 section 2.3. */
  readonly type: string;
  /** 0: the RFC recommends none. */
  readonly status: number;
}

const unavailable: ProxyError = { type: 'destination_unavailable', status: 503 };
const terminated: ProxyError = { type: 'connection_terminated', status: 502 };
const limitReached: ProxyError = { type: 'connection_limit_reached', status: 503 };
const responseTimeout: ProxyError = { type: 'http_response_timeout', status: 504 };
const requestError: ProxyError = { type: 'http_request_error', status: 0 };

/** The first that is set counts. The order is that of the flags' bits, as in Envoy. */
const errors: readonly (readonly [flag: number, error: ProxyError])[] = [
  [ResponseFlag.FailedLocalHealthCheck, unavailable],
  [ResponseFlag.NoHealthyUpstream, unavailable],
  [ResponseFlag.UpstreamRequestTimeout, responseTimeout],
  [ResponseFlag.LocalReset, { type: 'connection_timeout', status: 504 }],
  [ResponseFlag.UpstreamRemoteReset, terminated],
  [ResponseFlag.UpstreamConnectionFailure, { type: 'connection_refused', status: 502 }],
  [ResponseFlag.UpstreamConnectionTermination, terminated],
  [ResponseFlag.UpstreamOverflow, limitReached],
  [ResponseFlag.NoRouteFound, { type: 'destination_not_found', status: 500 }],
  [ResponseFlag.RateLimited, limitReached],
  [ResponseFlag.RateLimitServiceError, limitReached],
  [ResponseFlag.UpstreamRetryLimitExceeded, unavailable],
  [ResponseFlag.StreamIdleTimeout, responseTimeout],
  [ResponseFlag.InvalidEnvoyRequestHeaders, requestError],
  [ResponseFlag.DownstreamProtocolError, requestError],
  [ResponseFlag.UpstreamMaxStreamDurationReached, responseTimeout],
  [ResponseFlag.NoFilterConfigFound, { type: 'proxy_configuration_error', status: 500 }],
  [ResponseFlag.UpstreamProtocolError, { type: 'http_protocol_error', status: 502 }],
  [ResponseFlag.NoClusterFound, unavailable],
  [ResponseFlag.DnsResolutionFailed, { type: 'dns_error', status: 502 }],
];

const fieldName = pinnedName('proxy-status');

/** Undefined where nothing went wrong. */
function errorOf(info: StreamInfo): ProxyError | undefined {
  return info.responseFlags === 0 ? undefined : errors.find(([flag]) => info.hasFlag(flag))?.[1];
}

/** Before the response is counted. */
export function recommendedStatus(status: number, info: StreamInfo, settings: ProxyStatusSettings): number {
  return (settings.setsStatus && errorOf(info)?.status) || status;
}

export function tellProxyStatus(headers: ResponseHeaders, info: StreamInfo, settings: ProxyStatusSettings): void {
  const error = errorOf(info);
  if (error !== undefined) headers.appendToValue(fieldName, describe(error, info, settings), ', ');
}

function describe({ type }: ProxyError, info: StreamInfo, settings: ProxyStatusSettings): string {
  const text = `${settings.name}; error=${type}`;
  if (!settings.details) return text;
  const details: string[] = [];
  if (info.responseCodeDetails !== '') details.push(info.responseCodeDetails);
  if (settings.terminationDetails && info.connection.terminationDetails !== '')
    details.push(info.connection.terminationDetails);
  if (settings.flags) details.push(formatResponseFlags(info.flagOrder));
  return details.length === 0 ? text : `${text}; details="${details.join('; ')}"`;
}
