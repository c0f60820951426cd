// Owns what the connection manager does to a response's headers on the way to the client: hop-by-hop fields of the
// upstream connection go, `server`, `date`, `via` and the request id are set.

import type { StreamInfo } from '../../observability/stream-info.ts';
import type { RequestHeaders, ResponseHeaders } from '../headers/header-map.ts';
import { NameFlag, Names } from '../headers/name.ts';
import type { ConnectionManagerConfig } from './config-types.ts';
import { tellProxyStatus } from './proxy-status.ts';

/** `request` is null when the request was too malformed to have headers. */
export function prepareResponseHeaders(
  headers: ResponseHeaders,
  request: RequestHeaders | null,
  info: StreamInfo,
  config: ConnectionManagerConfig,
  date: string,
): void {
  const upgraded = request !== null && request.protocol !== '' && headers.status === 101;
  if (upgraded) {
    // An upgrade that happened keeps what says so, as it came.
    headers.remove(Names.keepAlive);
    headers.remove(Names.proxyConnection);
    headers.remove(Names.transferEncoding);
  } else headers.removeFlagged(NameFlag.HopByHop);
  if (!headers.has(Names.date)) headers.append(Names.date, date);
  if (config.serverHeader === 'overwrite') headers.set(Names.server, config.serverName);
  else if (config.serverHeader === 'append_if_absent' && !headers.has(Names.server)) {
    headers.append(Names.server, config.serverName);
  }
  if (request !== null && (config.alwaysSetRequestIdInResponse || request.has(Names.xEnvoyForceTrace))) {
    const id = request.get(Names.xRequestId);
    if (id !== undefined) headers.set(Names.xRequestId, id);
  }
  if (config.via !== '') headers.appendToValue(Names.via, config.via, ', ');
  if (config.proxyStatus !== null) tellProxyStatus(headers, info, config.proxyStatus);
}
