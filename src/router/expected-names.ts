// Owns auto_sni and auto_san_validation: the host that a request is for, or what a header says in its place, is the server
// name that goes up and the name that the certificate must have.
// Source: https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/core/v3/protocol.proto#config-core-v3-upstreamhttpprotocoloptions
import { isIP } from 'node:net';
import type { RequestHeaders } from '../http/headers/header-map.ts';
import { FilterStateText, type StreamInfo } from '../observability/stream-info.ts';
import { type ExpectedNames, FilterStateList, serverNameKey, subjectAltNamesKey } from '../upstream/api.ts';

/** Filter state that is there already goes before. `headers`: as they go up. */
export function expectNames(names: ExpectedNames, headers: RequestHeaders, streamInfo: StreamInfo): void {
  const host = expectedHost(names, headers);
  const state = streamInfo.filterState;
  if (names.serverName && isIP(host) === 0 && state?.has(serverNameKey) !== true)
    streamInfo.setFilterState(serverNameKey, new FilterStateText(host));
  if (names.subjectAltName && state?.has(subjectAltNamesKey) !== true)
    streamInfo.setFilterState(subjectAltNamesKey, new FilterStateList([host], true));
}

/** Without port, without brackets. */
function expectedHost({ header }: ExpectedNames, headers: RequestHeaders): string {
  const value = (header === null ? '' : headers.get(header)) || headers.authority;
  const host = value.replace(/:\d*$/, '');
  if (host.startsWith('[') && host.endsWith(']')) return host.slice(1, -1);
  // An address without brackets has no port.
  return isIP(value) === 6 ? value : host;
}
