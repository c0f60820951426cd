// Owns the request methods that Envoy's codec knows (asked of Envoy 1.40), and which of them announce an empty body.
import { lowerToken } from '../../headers/name-table.ts';

const known = new Set(
  (
    'ACL BIND CHECKOUT CONNECT COPY DELETE GET HEAD LINK LOCK MERGE MKACTIVITY MKCALENDAR MKCOL MOVE MSEARCH NOTIFY ' +
    'OPTIONS PATCH POST PROPFIND PROPPATCH PURGE PUT QUERY REBIND REPORT SEARCH SOURCE SUBSCRIBE TRACE UNBIND UNLINK ' +
    'UNLOCK UNSUBSCRIBE'
  ).split(' '),
);

export function isKnownMethod(method: string): boolean {
  return known.has(method);
}

/** Any token may be a method where custom methods are allowed (RFC 9110 section 9.1). */
export function isToken(text: string): boolean {
  if (text.length === 0) return false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c > 0xff || lowerToken[c] === 0) return false;
  }
  return true;
}

/** Whether a request of that method without body says `content-length: 0` (RFC 9110 section 8.6, as Envoy does). */
export function announcesEmptyBody(method: string): boolean {
  return method !== 'GET' && method !== 'HEAD' && method !== 'DELETE' && method !== 'TRACE' && method !== 'CONNECT';
}
