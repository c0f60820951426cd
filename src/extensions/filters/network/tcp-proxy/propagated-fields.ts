// Owns what filter state keeps of a tunnel's answer: its headers or trailers, as Envoy's objects say themselves.
import type { HeaderMap, ResponseHeaders } from '../../../../http/headers/api.ts';
import type { FilterStateObject } from '../../../../observability/api.ts';

export const propagatedHeadersKey = 'envoy.tcp_proxy.propagate_response_headers';
export const propagatedTrailersKey = 'envoy.tcp_proxy.propagate_response_trailers';

interface Field {
  readonly key: string;
  readonly value: string;
}

export class PropagatedFields implements FilterStateObject {
  readonly text = undefined;
  readonly json: { readonly headers: readonly Field[] };

  private constructor(headers: readonly Field[]) {
    this.json = { headers };
  }

  static ofHeaders(headers: ResponseHeaders): PropagatedFields {
    return new PropagatedFields([{ key: ':status', value: String(headers.status) }, ...fieldsOf(headers)]);
  }

  static of(fields: HeaderMap): PropagatedFields {
    return new PropagatedFields(fieldsOf(fields));
  }
}

function fieldsOf({ entries }: HeaderMap): Field[] {
  const fields: Field[] = [];
  for (let i = 0; i < entries.length; i += 2) {
    fields.push({ key: (entries[i] as { name: string }).name, value: entries[i + 1] as string });
  }
  return fields;
}
