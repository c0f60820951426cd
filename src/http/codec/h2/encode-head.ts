// Owns the header blocks of outgoing messages: pseudo-headers first, then the fields, without those of HTTP/1's connections.
import type { HeaderMap, RequestHeaders, ResponseHeaders } from '../../headers/header-map.ts';
import { NameFlag, type NameInfo, Names } from '../../headers/name.ts';
import type { HpackEncoder } from './hpack/encoder.ts';

const statuses = new Map<number, string>();

/** `code`: the status that goes out. */
export function encodeResponseHead(encoder: HpackEncoder, headers: ResponseHeaders, code: number): string {
  let status = statuses.get(code);
  if (status === undefined) {
    status = String(code);
    if (statuses.size < 1000) statuses.set(code, status);
  }
  return encoder.begin() + encoder.field(Names.status, status) + encodeFields(encoder, headers);
}

export function encodeRequestHead(encoder: HpackEncoder, headers: RequestHeaders): string {
  const { scheme, path, authority, protocol } = headers;
  // An upgrade of HTTP/1 is an extended CONNECT here (RFC 8441).
  const method = protocol === '' ? headers.method : 'CONNECT';
  let block = encoder.begin() + encoder.field(Names.method, method);
  if (method !== 'CONNECT' || protocol !== '')
    block += encoder.field(Names.scheme, scheme) + encoder.field(Names.path, path);
  if (authority !== '') block += encoder.field(Names.authority, authority);
  if (protocol !== '') block += encoder.field(Names.protocol, protocol);
  return block + encodeFields(encoder, headers);
}

export function encodeTrailers(encoder: HpackEncoder, trailers: HeaderMap): string {
  return encoder.begin() + encodeFields(encoder, trailers);
}

function encodeFields(encoder: HpackEncoder, { entries }: HeaderMap): string {
  let block = '';
  for (let i = 0; i < entries.length; i += 2) {
    const name = entries[i] as NameInfo;
    if ((name.flags & NameFlag.HopByHop) !== 0) continue;
    block += encoder.field(name, entries[i + 1] as string);
  }
  return block;
}
