// Owns one set of rules as a filter has it, in force or only tried (shadow rules): the engine and the metadata that says what
// came of it, made once for every outcome.
import type { RbacDecision, RbacEngine } from './engine.ts';

export type RulesKind = 'enforced' | 'shadow';

type Fields = Readonly<Record<string, unknown>>;
type Outcomes = ReadonlyMap<RbacDecision, Fields>;

export class RbacRules {
  readonly engine: RbacEngine;
  readonly #kind: RulesKind;
  readonly #prefix: string;
  #outcomes: Outcomes;
  #outcomesPrefix: string;

  /** `prefix` is rules_stat_prefix or shadow_rules_stat_prefix. */
  constructor(engine: RbacEngine, kind: RulesKind, prefix: string) {
    this.engine = engine;
    this.#kind = kind;
    this.#prefix = prefix;
    this.#outcomes = outcomesOf(engine, kind, prefix);
    this.#outcomesPrefix = prefix;
  }

  /**
   * For the filter's namespace of the dynamic metadata. A route whose rules have no prefix takes that of its filter,
   * `filterPrefix`.
   */
  metadata(decision: RbacDecision, filterPrefix: string): Fields {
    const prefix = this.#prefix === '' ? filterPrefix : this.#prefix;
    // A route may stand behind several filters; mostly it is one.
    if (prefix !== this.#outcomesPrefix) {
      this.#outcomes = outcomesOf(this.engine, this.#kind, prefix);
      this.#outcomesPrefix = prefix;
    }
    return this.#outcomes.get(decision) ?? {};
  }
}

function outcomesOf(engine: RbacEngine, kind: RulesKind, prefix: string): Outcomes {
  return new Map(
    engine.decisions.map((decision): [RbacDecision, Fields] => {
      const { name, allowed } = decision;
      const result = { [`${prefix}${kind}_engine_result`]: allowed ? 'allowed' : 'denied' };
      return [decision, name === null ? result : { [`${prefix}${kind}_effective_policy_id`]: name, ...result }];
    }),
  );
}

/** What rules that log leave in the namespace `envoy.common`. */
export const accessLogHint = { matched: { access_log_hint: true }, unmatched: { access_log_hint: false } } as const;
