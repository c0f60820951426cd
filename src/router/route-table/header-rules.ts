// Owns the rules that add and remove headers (request_headers_to_add and its siblings).
//
// As Envoy, within one level: what is to be removed goes first, then every value is worked out from the headers as they
// are now, then replacements are made, then additions. A value that turns out empty is left out unless it is to be kept.
import type { HeaderMap, RequestHeaders, ResponseHeaders } from '../../http/headers/header-map.ts';
import type { NameInfo } from '../../http/headers/name.ts';
import type { Formatter } from '../../observability/access-log/api.ts';
import type { StreamInfo } from '../../observability/stream-info.ts';
import { formatSource } from './format-source.ts';

/** envoy.config.core.v3.HeaderValueOption.HeaderAppendAction. */
export const AppendAction = {
  AppendIfExistsOrAdd: 0,
  AddIfAbsent: 1,
  OverwriteIfExistsOrAdd: 2,
  OverwriteIfExists: 3,
} as const;
export type AppendAction = (typeof AppendAction)[keyof typeof AppendAction];

export interface HeaderAddition {
  /** A pinned name. */
  readonly name: NameInfo;
  /** Plain text, or what works the value out. Both byte strings. */
  readonly value: string | Formatter;
  readonly action: AppendAction;
  readonly keepEmptyValue: boolean;
  /** Envoy keeps several values of the name as one, joined with a comma. */
  readonly joined: boolean;
}

export class HeaderRules {
  readonly #removals: readonly NameInfo[];
  readonly #additions: readonly HeaderAddition[];
  /** No value depends on the request: nothing need be worked out before the first change. */
  readonly #plain: boolean;

  constructor(removals: readonly NameInfo[], additions: readonly HeaderAddition[]) {
    this.#removals = removals;
    this.#additions = additions;
    this.#plain = additions.every(
      ({ value, action }) => typeof value === 'string' && action === AppendAction.AppendIfExistsOrAdd,
    );
  }

  applyToRequest(headers: RequestHeaders, streamInfo: StreamInfo): void {
    this.apply(headers, headers, null, streamInfo);
  }

  applyToResponse(headers: ResponseHeaders, requestHeaders: RequestHeaders | null, streamInfo: StreamInfo): void {
    this.apply(headers, requestHeaders, headers, streamInfo);
  }

  /** `headers`, or trailers, change; the others are what values may be made of. */
  apply(
    headers: HeaderMap,
    requestHeaders: RequestHeaders | null,
    responseHeaders: ResponseHeaders | null,
    streamInfo: StreamInfo,
    responseTrailers: HeaderMap | null = null,
  ): void {
    for (let i = 0; i < this.#removals.length; i++) headers.remove(this.#removals[i] as NameInfo);
    const additions = this.#additions;
    if (additions.length === 0) return;
    if (this.#plain) {
      for (let i = 0; i < additions.length; i++) {
        const addition = additions[i] as HeaderAddition;
        add(headers, addition, addition.value as string);
      }
      return;
    }
    formatSource.set(streamInfo, requestHeaders, responseHeaders, responseTrailers);
    const values: (string | undefined)[] = [];
    for (let i = 0; i < additions.length; i++) {
      const addition = additions[i] as HeaderAddition;
      values.push(isWanted(headers, addition) ? evaluate(addition.value) : undefined);
    }
    formatSource.clear();
    for (let i = 0; i < additions.length; i++) {
      const value = values[i];
      const addition = additions[i] as HeaderAddition;
      if (value === undefined || !isOverwrite(addition.action)) continue;
      if (value === '' && !addition.keepEmptyValue) continue;
      headers.remove(addition.name);
      headers.append(addition.name, value);
    }
    for (let i = 0; i < additions.length; i++) {
      const value = values[i];
      const addition = additions[i] as HeaderAddition;
      if (value !== undefined && !isOverwrite(addition.action)) add(headers, addition, value);
    }
  }
}

/** Several levels of rules, in the order in which they are applied. */
export type HeaderRuleChain = readonly HeaderRules[];

function isOverwrite(action: AppendAction): boolean {
  return action >= AppendAction.OverwriteIfExistsOrAdd;
}

/** Whether the header's being there or not lets the rule act. */
function isWanted(headers: HeaderMap, { action, name }: HeaderAddition): boolean {
  if (action === AppendAction.AddIfAbsent) return !headers.has(name);
  if (action === AppendAction.OverwriteIfExists) return headers.has(name);
  return true;
}

function evaluate(value: string | Formatter): string {
  return typeof value === 'string' ? value : value.format(formatSource);
}

function add(headers: HeaderMap, addition: HeaderAddition, value: string): void {
  if (value === '' && !addition.keepEmptyValue) return;
  if (addition.joined) headers.appendToValue(addition.name, value);
  else headers.append(addition.name, value);
}
