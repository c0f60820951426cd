// Owns what is done to authority, scheme and path of a request before it is looked at any further.

import type { LocalReply } from '../filter/api.ts';
import type { RequestHeaders } from '../headers/header-map.ts';
import { Names } from '../headers/name.ts';
import type { ConnectionManagerConfig } from './config-types.ts';
import { normalizePath } from './path-normalization.ts';

/** A reply that ends the request, and whether the connection ends with it. */
export interface Refusal extends LocalReply {
  readonly close: boolean;
}

/** Null when the request may go on. `localPort`: of the listener, 0 where there is none. */
export function prepareTarget(
  headers: RequestHeaders,
  config: ConnectionManagerConfig,
  localPort: number,
): Refusal | null {
  if (config.changesAuthority) headers.authority = stripped(headers.authority, config, localPort);
  if (headers.path.includes('#')) {
    // RFC 9112 section 3.2: no fragment in a request target.
    return refusePath(`the path '${headers.path}' has a fragment`, true);
  }
  if (config.changesPath && headers.path !== '') {
    const result = normalizePath(headers.path, config.pathNormalization);
    headers.path = result.path;
    if (result.action === 'refuse' || result.action === 'refuse-and-close') {
      const cause = `the path '${headers.path}' is refused by normalize_path or path_with_escaped_slashes_action`;
      return refusePath(cause, result.action === 'refuse-and-close');
    }
    if (result.action === 'redirect') {
      return {
        status: 307,
        body: '',
        details: 'path_normalization_failed',
        close: false,
        modifyHeaders: (response) => response.set(Names.location, result.path),
      };
    }
  }
  return null;
}

function refusePath(cause: string, close: boolean): Refusal {
  return { status: 400, body: '', details: 'path_normalization_failed', cause, close };
}

function stripped(authority: string, config: ConnectionManagerConfig, localPort: number): string {
  const colon = portSeparator(authority);
  let host = colon < 0 ? authority : authority.slice(0, colon);
  let port = colon < 0 ? '' : authority.slice(colon);
  if (config.stripTrailingHostDot && host.endsWith('.')) host = host.slice(0, -1);
  if (config.stripAnyHostPort || (config.stripMatchingHostPort && port === `:${localPort}`)) port = '';
  return host + port;
}

/** Index of the colon before the port; -1 without one. IPv6 literals stand in brackets. */
function portSeparator(authority: string): number {
  const colon = authority.lastIndexOf(':');
  return colon > authority.lastIndexOf(']') ? colon : -1;
}
