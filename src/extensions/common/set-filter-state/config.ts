// Owns the way from envoy.extensions.filters.common.set_filter_state.v3.FilterStateValue to values that are set on a stream
// or a connection.
import { type ConfigContext, nearest } from '../../../config/api.ts';
import type { FilterStateValue as ValueMessage } from '../../../generated/envoy/extensions/filters/common/set_filter_state/v3/value_pb.d.ts';
import { headerName } from '../../../http/headers/api.ts';
import { readSubstitutionFormat } from '../../../observability/access-log/api.ts';
import { notYet, objectKinds } from './objects.ts';
import { FilterStateValue } from './value.ts';

/** `field` is where the list stands in `owner`. Undefined when something was wrong and reported. */
export function readFilterStateValues(
  messages: readonly ValueMessage[],
  owner: object,
  field: string,
  config: ConfigContext,
): readonly FilterStateValue[] | undefined {
  const values: FilterStateValue[] = [];
  for (const [index, message] of messages.entries()) {
    const value = readValue(message, owner, `${field}[${index}]`, config);
    if (value !== undefined) values.push(value);
  }
  return values.length === messages.length ? values : undefined;
}

function readValue(
  message: ValueMessage,
  owner: object,
  place: string,
  config: ConfigContext,
): FilterStateValue | undefined {
  // The API's own rules require key and value.
  if (message.key.case === undefined || message.value.case === undefined) return undefined;
  const key = message.key.value;
  const kindName = message.factoryKey === '' ? key : message.factoryKey;
  const kind = objectKinds.get(kindName);
  if (kind === undefined) {
    const known = notYet.has(kindName);
    const text = known
      ? `filter state of the kind ${kindName} is not implemented yet`
      : `there is no filter state of the kind '${kindName}'`;
    const guess = known ? undefined : nearest(kindName, [...objectKinds.keys()]);
    const advice = message.factoryKey === '' ? 'name the kind in factory_key: envoy.string for a text' : undefined;
    const suggestion = guess === undefined ? advice : `did you mean ${guess}?`;
    config.error(
      owner,
      `${place}.${message.factoryKey === '' ? 'object_key' : 'factory_key'}`,
      'RMR0700',
      text,
      suggestion,
    );
    return undefined;
  }
  const format = readSubstitutionFormat(message.value.value, config, headerName);
  // To what is beyond the upstream connection nothing goes from here: ONCE and TRANSITIVE are alike.
  const shared = Number(message.sharedWithUpstream) !== 0;
  return format && new FilterStateValue(key, kind, format, message.skipIfEmpty, shared);
}
