// Reads header rules: request_headers_to_add and its siblings, of one level. That host and pseudo-headers stay untouched
// was checked when the message was loaded (config/semantic).
import type { ConfigContext } from '../../config/api.ts';
import type { HeaderValueOption } from '../../generated/envoy/config/core/v3/base_pb.d.ts';
import { pinnedName } from '../../http/headers/name.ts';
import { toByteString } from '../../matchers/byte-string.ts';
import { compileFormat, FormatError, type FormatterSettings } from '../../observability/access-log/api.ts';
import { AppendAction, type HeaderAddition, HeaderRules } from '../route-table/header-rules.ts';
import { joinsValues } from '../route-table/joined-headers.ts';

/** The fields that four messages have in common. */
export interface HeaderRuleFields {
  readonly requestHeadersToAdd: readonly HeaderValueOption[];
  readonly requestHeadersToRemove: readonly string[];
  readonly responseHeadersToAdd: readonly HeaderValueOption[];
  readonly responseHeadersToRemove: readonly string[];
}

type Side = 'request' | 'response';

/** Null where a level has none. */
export interface LevelRules {
  readonly request: HeaderRules | null;
  readonly response: HeaderRules | null;
}

export function readHeaderRules(message: HeaderRuleFields, context: ConfigContext): LevelRules {
  return {
    request: read('request', message.requestHeadersToAdd, message.requestHeadersToRemove, context),
    response: read('response', message.responseHeadersToAdd, message.responseHeadersToRemove, context),
  };
}

/** Rules for requests alone, as early header mutations have them. */
export function readRequestHeaderRules(
  toAdd: readonly HeaderValueOption[],
  toRemove: readonly string[],
  context: ConfigContext,
  formatters: FormatterSettings = {},
): HeaderRules | null {
  return read('request', toAdd, toRemove, context, formatters);
}

/** Rules for responses alone, as local_reply_config has them. */
export function readResponseHeaderRules(
  toAdd: readonly HeaderValueOption[],
  context: ConfigContext,
  formatters: FormatterSettings = {},
): HeaderRules | null {
  return read('response', toAdd, [], context, formatters);
}

function read(
  side: Side,
  toAdd: readonly HeaderValueOption[],
  toRemove: readonly string[],
  context: ConfigContext,
  formatters: FormatterSettings = {},
): HeaderRules | null {
  if (toAdd.length === 0 && toRemove.length === 0) return null;
  const additions: HeaderAddition[] = [];
  for (const option of toAdd) {
    const addition = readAddition(option, side, context, formatters);
    if (addition !== undefined) additions.push(addition);
  }
  return new HeaderRules(toRemove.map(pinnedName), additions);
}

function readAddition(
  option: HeaderValueOption,
  side: Side,
  context: ConfigContext,
  formatters: FormatterSettings,
): HeaderAddition | undefined {
  const { header } = option;
  // Required by the API's own rules.
  if (header === undefined) return undefined;
  if (option.append !== undefined && option.appendAction !== AppendAction.AppendIfExistsOrAdd) {
    context.error(
      option,
      'append',
      'RMR0600',
      'append and append_action cannot both be set',
      'append is deprecated: leave it out',
    );
    return undefined;
  }
  const name = pinnedName(header.key);
  const value = readValue(option, header.value, context, formatters);
  if (value === undefined) return undefined;
  return {
    name,
    value,
    action: option.append === false ? AppendAction.OverwriteIfExistsOrAdd : option.appendAction,
    keepEmptyValue: option.keepEmptyValue,
    joined: joinsValues(name, side),
  };
}

/** Old spellings of Envoy's, in values of headers only. */
const perRequestState = /%PER_REQUEST_STATE\((.*?)\)%/g;
const metadataList = /%(UPSTREAM|DYNAMIC)_METADATA\((\[.*?\])\)%/g;

/** `%DYNAMIC_METADATA(["namespace", "key"])%` */
function modernSpelling(text: string): string {
  return text.replace(perRequestState, '%FILTER_STATE($1:PLAIN)%').replace(metadataList, (whole, source, list) => {
    const keys = parseKeys(list);
    return keys === undefined ? whole : `%${source}_METADATA(${keys.join(':')})%`;
  });
}

function parseKeys(list: string): string[] | undefined {
  try {
    const keys: unknown = JSON.parse(list);
    return Array.isArray(keys) && keys.every((key) => typeof key === 'string') ? keys : undefined;
  } catch {
    return undefined;
  }
}

function readValue(
  option: HeaderValueOption,
  text: string,
  context: ConfigContext,
  formatters: FormatterSettings,
): HeaderAddition['value'] | undefined {
  if (!text.includes('%')) return toByteString(text);
  try {
    return compileFormat(modernSpelling(text), {
      headerName: pinnedName,
      omitEmptyValues: true,
      ...formatters,
    });
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    context.error(option, 'header.value', 'RMR0703', error.message);
    return undefined;
  }
}
