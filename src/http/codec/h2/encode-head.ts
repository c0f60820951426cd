// Owns the header blocks of outgoing messages: pseudo-headers first, then the fields, without those of HTTP/1's connections.
import type { HeaderMap, RequestHeaders, ResponseHeaders } from '../../headers/header-map.ts';
import { NameFlag, type NameInfo, Names } from '../../headers/name.ts';
import type { HpackEncoder } from './hpack/encoder.ts';

const statuses = new Map<number, string>();

export function encodeResponseHead(encoder: HpackEncoder, headers: ResponseHeaders): string {
  let status = statuses.get(headers.status);
  if (status === undefined) {
    status = String(headers.status);
    if (statuses.size < 1000) statuses.set(headers.status, status);
  }
  return encoder.begin() + encoder.field(Names.status, status) + encodeFields(encoder, headers);
}

export function encodeRequestHead(encoder: HpackEncoder, headers: RequestHeaders): string {
  const { method, scheme, path, authority, protocol } = headers;
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
