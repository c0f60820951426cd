// Owns the connection manager's own checks of a request, behind the codec's: what no route should ever see.
import { Protocol } from '../codec/api.ts';
import type { LocalReply } from '../filter/api.ts';
import type { RequestHeaders } from '../headers/header-map.ts';
import type { ConnectionManagerConfig } from './config-types.ts';
import { prepareTarget, type Refusal } from './request-target.ts';
import type { ConnectionManagerStats } from './stats.ts';

/** The reply that refuses the request, or does so for its target, which is normalised here; counted. Null: it may go on. */
export function checkRequestAndTarget(
  headers: RequestHeaders,
  config: ConnectionManagerConfig,
  protocol: Protocol,
  localPort: number,
  stats: ConnectionManagerStats,
): Refusal | null {
  const refused = checkRequest(headers, config, protocol) ?? prepareTarget(headers, config, localPort);
  if (refused?.details === 'absolute_path_rejected') stats.downstreamRqNonRelativePath.inc();
  if (refused?.details === 'path_normalization_failed') stats.downstreamRqFailedPathNormalization.inc();
  return refused;
}

/** The reply that refuses the request, null when it may go on. Statuses and details are Envoy's. */
function checkRequest(headers: RequestHeaders, config: ConnectionManagerConfig, protocol: Protocol): Refusal | null {
  if (protocol === Protocol.Http10 && !config.http1.acceptHttp10) {
    return {
      status: 426,
      body: '',
      details: 'low_version',
      close: true,
      cause: 'HTTP/1.0 is not accepted (http_protocol_options.accept_http_10)',
    };
  }
  if (headers.authority === '' && protocol === Protocol.Http10) headers.authority = config.http1.defaultHostForHttp10;
  if (headers.authority === '' && !headers.emptyHost) {
    return {
      status: 400,
      body: '',
      details: 'missing_host_header',
      close: true,
      cause: 'the request has no Host header',
    };
  }
  if (headers.path === '' && headers.method !== 'CONNECT') {
    return { status: 404, body: '', details: 'missing_path_rejected', close: false, cause: 'the request has no path' };
  }
  if (headers.path !== '' && headers.path.charCodeAt(0) !== 0x2f && headers.method !== 'CONNECT') {
    return {
      status: 404,
      body: '',
      details: 'absolute_path_rejected',
      close: false,
      cause: `the path '${headers.path}' does not start with '/'`,
    };
  }
  return null;
}

/** original_ip_detection_extensions want an address and there was none. */
export function rejectedByDetection(status: number): Refusal {
  const cause = 'original_ip_detection_extensions found no address of the client';
  return { status, body: '', details: 'rejecting because detection failed', close: false, cause };
}

export function upgradeRefused(protocol: string): LocalReply {
  return {
    status: 403,
    body: '',
    details: 'upgrade_failed',
    cause: `upgrade to '${protocol}' is not enabled by upgrade_configs of the route or the connection manager`,
  };
}
