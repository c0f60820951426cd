// Owns the rules of one direction: which header or cookie, what becomes of it, and what when it is not there.
import type { StreamInfo } from '../../../../http/filter/api.ts';
import { type HeaderMap, type NameInfo, Names } from '../../../../http/headers/api.ts';
import type { DirectionStats, HeaderToMetadataStats } from './stats.ts';
import { type ValueSettings, valueFromText } from './value.ts';

/** Where a value goes: a key of one of `RuleList.namespaces`. */
export interface Target {
  readonly namespace: number;
  readonly key: string;
  readonly value: ValueSettings;
}

export interface Rule {
  /** Null for a cookie. */
  readonly header: NameInfo | null;
  readonly cookie: string;
  readonly onPresent: Target | null;
  readonly onMissing: Target | null;
  readonly remove: boolean;
}

export interface RuleList {
  readonly rules: readonly Rule[];
  readonly namespaces: readonly string[];
}

type Collected = (Record<string, unknown> | undefined)[];

export function applyRules(
  list: RuleList,
  headers: HeaderMap,
  streamInfo: StreamInfo,
  stats: HeaderToMetadataStats | null,
  direction: DirectionStats | null,
): void {
  const { rules, namespaces } = list;
  const collected: Collected = [];
  for (let i = 0; i < rules.length; i++) {
    const rule = rules[i] as Rule;
    const text = rule.header === null ? cookieValue(headers, rule.cookie) : headers.getJoined(rule.header);
    direction?.rulesProcessed.inc();
    if (text === undefined) {
      if (rule.onMissing === null) continue;
      direction?.headerNotFound.inc();
      if (collect(rule.onMissing, '', collected, stats)) direction?.metadataAdded.inc();
      continue;
    }
    if (rule.onPresent !== null && collect(rule.onPresent, text, collected, stats)) {
      direction?.metadataAdded.inc();
    }
    if (rule.remove && rule.header !== null) headers.remove(rule.header);
  }
  for (let i = 0; i < namespaces.length; i++) {
    const fields = collected[i];
    if (fields !== undefined) streamInfo.setDynamicMetadata(namespaces[i] as string, fields);
  }
}

function collect(
  { namespace, key, value: settings }: Target,
  text: string,
  collected: Collected,
  stats: HeaderToMetadataStats | null,
): boolean {
  const value = valueFromText(text, settings, stats);
  if (value === undefined) return false;
  let fields = collected[namespace];
  if (fields === undefined) {
    fields = {};
    collected[namespace] = fields;
  }
  fields[key] = value;
  return true;
}

/** The first cookie of the name, without quotes; undefined also when it is empty, as in Envoy. */
function cookieValue(headers: HeaderMap, name: string): string | undefined {
  for (let i = 0; i < headers.size; i++) {
    if (headers.nameAt(i) !== Names.cookie) continue;
    for (const pair of headers.valueAt(i).split(';')) {
      const equals = pair.indexOf('=');
      if (equals === -1 || pair.slice(0, equals).trim() !== name) continue;
      const value = pair.slice(equals + 1).trim();
      const quoted = value.length >= 2 && value.startsWith('"') && value.endsWith('"');
      const bare = quoted ? value.slice(1, -1) : value;
      return bare === '' ? undefined : bare;
    }
  }
  return undefined;
}
