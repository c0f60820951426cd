// Owns the split of a dotted name into a metric and its tags, for outputs that have labels: `cluster.one.upstream_rq_200`
// is `cluster.upstream_rq` with envoy.cluster_name="one" and envoy.response_code="200". Each rule looks at the whole name
// and takes its piece out of it; rules do not see what others took, only its place.
// https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/metrics/v3/stats.proto#config-metrics-v3-tagspecifier
import { defaultTagRules } from './default-tags.ts';

export interface Tag {
  readonly name: string;
  readonly value: string;
}

export interface TaggedName {
  /** The name without what became tags. */
  readonly name: string;
  readonly tags: readonly Tag[];
}

/** What one rule takes out of a name: `[start, end)` goes, `value` is the tag's. */
export interface Extraction {
  readonly start: number;
  readonly end: number;
  readonly value: string;
}

export interface TagRule {
  readonly tag: string;
  /** First dotted token of the names it can match; empty: any. */
  readonly first: string;
  extract(name: string, tokens: readonly string[]): Extraction | null;
}

/** What stats_config says of tags. */
export interface TagSettings {
  /** On every statistic: stats_tags with fixed_value and --stats-tag. */
  readonly fixed: readonly Tag[];
  /** stats_tags with a regex, in their order. */
  readonly rules: readonly TagRule[];
  readonly useDefaults: boolean;
  /** A rule of configuration takes the place of the well-known ones of its name; otherwise those come first. */
  readonly overrides?: boolean;
}

export const DEFAULT_TAG_SETTINGS: TagSettings = { fixed: [], rules: [], useDefaults: true };

export class TagProducer {
  readonly #fixed: readonly Tag[];
  readonly #anyFirst: TagRule[] = [];
  readonly #byFirst = new Map<string, TagRule[]>();

  constructor(settings: TagSettings = DEFAULT_TAG_SETTINGS) {
    this.#fixed = settings.fixed;
    const replaced = new Set(settings.overrides === true ? settings.rules.map((rule) => rule.tag) : []);
    const defaults = settings.useDefaults ? defaultTagRules.filter((rule) => !replaced.has(rule.tag)) : [];
    for (const rule of [...defaults, ...settings.rules]) {
      if (rule.first === '') {
        this.#anyFirst.push(rule);
        continue;
      }
      const list = this.#byFirst.get(rule.first);
      if (list === undefined) this.#byFirst.set(rule.first, [rule]);
      else list.push(rule);
    }
  }

  produce(name: string): TaggedName {
    const tokens = name.split('.');
    const tags: Tag[] = [...this.#fixed];
    const taken: Extraction[] = [];
    const seen = new Set(tags.map((tag) => tag.name));
    for (const rules of [this.#anyFirst, this.#byFirst.get(tokens[0] as string) ?? []]) {
      for (const rule of rules) {
        // The first rule for a tag that finds something decides.
        if (seen.has(rule.tag)) continue;
        const extraction = rule.extract(name, tokens);
        if (extraction === null) continue;
        seen.add(rule.tag);
        tags.push({ name: rule.tag, value: extraction.value });
        taken.push(extraction);
      }
    }
    return { name: taken.length === 0 ? name : without(name, taken), tags };
  }
}

function without(name: string, taken: Extraction[]): string {
  taken.sort((a, b) => a.start - b.start);
  let rest = '';
  let at = 0;
  for (const { start, end } of taken) {
    if (start > at) rest += name.slice(at, start);
    at = Math.max(at, end);
  }
  return rest + name.slice(at);
}
