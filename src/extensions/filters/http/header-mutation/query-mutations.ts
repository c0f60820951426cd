// Owns changes to a path's query parameters. As Envoy: whatever changes, all parameters come out in the order of their
// names, each with `=`; names are compared decoded. Unlike Envoy, which decodes what it found and leaves it so, an escape
// stays unless it stands for a letter, digit or one of -._~: a space or line feed in the path would be a request of its own.
import type { RequestHeaders } from '../../../../http/headers/api.ts';
import type { Formatter } from '../../../../observability/access-log/api.ts';
import type { StreamInfo } from '../../../../observability/api.ts';
import { formatForRequest } from '../../../../router/api.ts';

/** envoy.config.core.v3.KeyValueAppend.KeyValueAppendAction. */
const Action = { AppendIfExistsOrAdd: 0, AddIfAbsent: 1, OverwriteIfExistsOrAdd: 2, OverwriteIfExists: 3 } as const;

export interface QueryMutation {
  /** As it stands in a path. */
  readonly key: string;
  /** Null: remove. */
  readonly value: string | Formatter | null;
  readonly action: number;
}

type QueryParameters = Map<string, string[]>;

/** Changes `headers.path`. */
export function mutateQuery(
  levels: readonly (readonly QueryMutation[])[],
  headers: RequestHeaders,
  info: StreamInfo,
): void {
  const question = headers.path.indexOf('?');
  const parameters: QueryParameters = question === -1 ? new Map() : parse(headers.path.slice(question + 1));
  for (const mutations of levels) for (const mutation of mutations) apply(mutation, parameters, headers, info);
  const path = question === -1 ? headers.path : headers.path.slice(0, question);
  let query = '';
  for (const key of [...parameters.keys()].sort(byBytes)) {
    for (const value of parameters.get(key) ?? []) query += `${query === '' ? '?' : '&'}${key}=${value}`;
  }
  headers.path = path + query;
}

function apply(mutation: QueryMutation, parameters: QueryParameters, headers: RequestHeaders, info: StreamInfo): void {
  const { key, action } = mutation;
  if (mutation.value === null) {
    parameters.delete(key);
    return;
  }
  const present = parameters.get(key);
  if (action === Action.AddIfAbsent && present !== undefined) return;
  if (action === Action.OverwriteIfExists && present === undefined) return;
  const { value } = mutation;
  const text = escapeQuery(typeof value === 'string' ? value : formatForRequest(value, headers, info));
  if (action === Action.AppendIfExistsOrAdd && present !== undefined) present.push(text);
  else parameters.set(key, [text]);
}

function parse(query: string): QueryParameters {
  const parameters: QueryParameters = new Map();
  for (let at = 0; at < query.length; ) {
    let end = query.indexOf('&', at);
    if (end === -1) end = query.length;
    const equals = query.indexOf('=', at);
    const nameEnd = equals === -1 || equals > end ? end : equals;
    const key = unescapeHarmless(query.slice(at, nameEnd));
    const value = unescapeHarmless(query.slice(Math.min(nameEnd + 1, end), end));
    const values = parameters.get(key);
    if (values === undefined) parameters.set(key, [value]);
    else values.push(value);
    at = end + 1;
  }
  return parameters;
}

const escaped = /%[0-9a-fA-F]{2}/g;
const unreserved = /[A-Za-z0-9._~-]/;

function unescapeHarmless(text: string): string {
  if (!text.includes('%')) return text;
  return text.replace(escaped, (triple) => {
    const char = String.fromCharCode(Number.parseInt(triple.slice(1), 16));
    return unreserved.test(char) ? char : triple;
  });
}

const toEscape = /[^A-Za-z0-9*._-]/g;

/** As Envoy escapes values. `text` is a byte string. */
export function escapeQuery(text: string): string {
  return text.replace(toEscape, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}

function byBytes(a: string, b: string): number {
  return a < b ? -1 : 1;
}
