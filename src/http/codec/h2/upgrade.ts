// Owns what an extended CONNECT (RFC 8441) looks like to everybody but these codecs: an upgrade of HTTP/1, as it came or as it will
// go on.
import type { RequestHeaders, ResponseHeaders } from '../../headers/header-map.ts';
import { Names } from '../../headers/name.ts';

/** A request with `:protocol`. */
export function asUpgrade(headers: RequestHeaders): void {
  headers.method = 'GET';
  headers.append(Names.upgrade, headers.protocol);
  headers.append(Names.connection, 'upgrade');
}

/** The answer to one that went out for an upgrade. */
export function asSwitch(headers: ResponseHeaders, protocol: string): void {
  if (headers.status !== 200) return;
  headers.status = 101;
  headers.append(Names.upgrade, protocol);
  headers.append(Names.connection, 'upgrade');
}
