// Owns the fields that a request's Connection field names: they are meant for us alone and go (RFC 9110 section 7.6.1). What
// the proxy itself relies on may not be named, or a client could take away what the proxies before us said of it.
import type { RequestHeaders } from '../../headers/header-map.ts';
import { type NameInfo, Names } from '../../headers/name.ts';
import type { CodecError } from '../api.ts';
import { H1Error } from './errors.ts';
import type { HeadFields } from './head-fields.ts';

/** As Envoy has it: who names more has something else in mind. */
const maxNames = 9;

/** Removes them. `value` is the whole of Connection. */
export function removeNamedFields(headers: RequestHeaders, fields: HeadFields, value: string): CodecError | null {
  let names = 0;
  for (const part of value.split(',')) {
    const token = part.trim().toLowerCase();
    if (token === '') continue;
    if (++names > maxNames) return H1Error.connectionNames;
    switch (token) {
      case 'x-forwarded-for':
      case 'x-forwarded-host':
      case 'x-forwarded-proto':
        return H1Error.connectionNames;
      case 'close':
      case 'keep-alive':
        break;
      case 'te':
        keepOnlyTrailers(headers);
        break;
      case 'host':
        fields.host = '';
        fields.hostCount = 0;
        break;
      default:
        if (token.charCodeAt(0) === 0x3a) return H1Error.connectionNames;
        removeField(headers, token);
    }
  }
  return null;
}

/** By its letters: what stands in Connection is not worth a place in the table of names. */
function removeField(headers: RequestHeaders, token: string): void {
  for (let i = 0; i < headers.size; i++) {
    const name: NameInfo = headers.nameAt(i);
    if (name.name !== token) continue;
    headers.remove(name);
    i--;
  }
}

/** RFC 9110 section 10.1.4: `trailers` may go on, since we carry trailers. */
function keepOnlyTrailers(headers: RequestHeaders): void {
  const value = headers.get(Names.te);
  if (value === undefined) return;
  if (value.split(',').some((token) => token.trim().toLowerCase() === 'trailers')) headers.set(Names.te, 'trailers');
  else headers.remove(Names.te);
}
