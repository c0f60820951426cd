// Owns the way from envoy.config.metrics.v3.StatsConfig to what the store and the outputs use.
import { compileRe2, loadRe2, RegexError } from '../../base/re2.ts';
import type { ConfigContext } from '../../config/context.ts';
import type { StatsConfig, StatsMatcher, TagSpecifier } from '../../generated/envoy/config/metrics/v3/stats_pb.d.ts';
import type { StringMatcher } from '../../generated/envoy/type/matcher/v3/string_pb.d.ts';
import type { BucketSetting } from './buckets.ts';
import { defaultTagRules } from './default-tags.ts';
import type { StatsFilter } from './store.ts';
import { regexTagRule } from './tag-regex.ts';
import type { Tag, TagRule, TagSettings } from './tags.ts';

export interface StatsSettings {
  readonly tags: TagSettings;
  /** Null: nothing is kept out. */
  readonly filter: StatsFilter | null;
  readonly bucketSettings: readonly BucketSetting[];
}

type NameTest = (name: string) => boolean;

/**
 * Reads the bootstrap's `stats_config`. `extraTags` come from --stats-tag. Asynchronous because re2js is loaded where an
 * expression asks for it, and only there. What is wrong is reported to `context` and left out.
 */
export async function readStatsConfig(
  message: StatsConfig | undefined,
  context: ConfigContext,
  extraTags: readonly Tag[] = [],
): Promise<StatsSettings> {
  const useDefaults = message?.useAllDefaultTags ?? true;
  const fixed: Tag[] = [...extraTags];
  const rules: TagRule[] = [];
  for (const [index, specifier] of (message?.statsTags ?? []).entries()) {
    await readTag(specifier, `stats_tags[${index}]`, message as StatsConfig, useDefaults, fixed, rules, context);
  }
  const bucketSettings: BucketSetting[] = [];
  for (const [index, setting] of (message?.histogramBucketSettings ?? []).entries()) {
    const field = `histogram_bucket_settings[${index}]`;
    const matches = setting.match && (await readName(setting.match, message as StatsConfig, `${field}.match`, context));
    const buckets = Object.freeze([...setting.buckets].sort((a, b) => a - b));
    if (matches !== undefined && buckets.length > 0) bucketSettings.push({ matches, buckets });
  }
  const overrides = message?.allowDefaultTagOverrides === true;
  return Object.freeze({
    tags: Object.freeze({ fixed, rules, useDefaults, overrides }),
    filter: await readMatcher(message?.statsMatcher, message, context),
    bucketSettings: Object.freeze(bucketSettings),
  });
}

async function readTag(
  { tagName, tagValue }: TagSpecifier,
  field: string,
  message: StatsConfig,
  useDefaults: boolean,
  fixed: Tag[],
  rules: TagRule[],
  context: ConfigContext,
): Promise<void> {
  switch (tagValue.case) {
    case 'fixedValue':
      fixed.push({ name: tagName, value: tagValue.value });
      return;
    case 'regex': {
      const rule = await regexTagRule(tagName, tagValue.value);
      if ('error' in rule) context.error(message, `${field}.regex`, 'RMR0900', rule.error);
      else rules.push(rule);
      return;
    }
    case undefined: {
      // The name alone asks for the well-known rules of that name.
      const known = defaultTagRules.filter((rule) => rule.tag === tagName);
      if (known.length === 0) {
        context.error(
          message,
          field,
          'RMR0900',
          `the tag '${tagName}' is not a well-known one: it needs a regex or a fixed_value`,
        );
      } else if (!useDefaults) {
        rules.push(...known);
      }
    }
  }
}

async function readMatcher(
  matcher: StatsMatcher | undefined,
  message: StatsConfig | undefined,
  context: ConfigContext,
): Promise<StatsFilter | null> {
  const specifier = matcher?.statsMatcher;
  if (specifier === undefined || specifier.case === undefined || message === undefined) return null;
  if (specifier.case === 'rejectAll') return specifier.value ? { rejects: () => true } : null;
  const inclusion = specifier.case === 'inclusionList';
  const field = `stats_matcher.${inclusion ? 'inclusion_list' : 'exclusion_list'}`;
  const tests: NameTest[] = [];
  for (const [index, pattern] of specifier.value.patterns.entries()) {
    const test = await readName(pattern, message, `${field}.patterns[${index}]`, context);
    if (test !== undefined) tests.push(test);
  }
  return { rejects: (name) => tests.some((test) => test(name)) !== inclusion };
}

/** Names are ASCII or what configuration called things: they are compared as text. */
async function readName(
  { matchPattern: match, ignoreCase }: StringMatcher,
  message: StatsConfig,
  field: string,
  context: ConfigContext,
): Promise<NameTest | undefined> {
  const fold = (text: string): string => (ignoreCase ? text.toLowerCase() : text);
  switch (match.case) {
    case 'exact': {
      const wanted = fold(match.value);
      return (name) => fold(name) === wanted;
    }
    case 'prefix': {
      const wanted = fold(match.value);
      return (name) => fold(name).startsWith(wanted);
    }
    case 'suffix': {
      const wanted = fold(match.value);
      return (name) => fold(name).endsWith(wanted);
    }
    case 'contains': {
      const wanted = fold(match.value);
      return (name) => fold(name).includes(wanted);
    }
    case 'safeRegex': {
      const re2 = await loadRe2();
      try {
        const compiled = compileRe2(re2, match.value.regex);
        return (name) => compiled.testExact(name);
      } catch (error) {
        if (!(error instanceof RegexError)) throw error;
        context.error(message, `${field}.safe_regex.regex`, 'RMR0900', error.message);
        return undefined;
      }
    }
    case 'custom':
      context.error(message, `${field}.custom`, 'RMR0900', 'custom string matchers are not implemented yet');
      return undefined;
    case undefined:
      return undefined;
  }
}
