// Owns the statistics of rules, and of single policies where track_per_rule_stats asks for them.
import type { Counter, StatsScope } from '../../../observability/stats/api.ts';
import type { RbacDecision } from './engine.ts';
import type { RulesKind } from './rules.ts';

/** Of rules in force or of shadow rules. */
export class RuleStats {
  readonly prefix: string;
  readonly #scope: StatsScope;
  readonly #ending: string;
  readonly #allowed: Counter;
  readonly #denied: Counter;
  /** Made when a policy first decides, as in Envoy; a policy of a route that is gone takes its entry along. */
  readonly #policies = new WeakMap<RbacDecision, Counter>();

  /** `prefix` is rules_stat_prefix or shadow_rules_stat_prefix; a dot follows it, unless it has one. */
  constructor(scope: StatsScope, prefix: string, kind: RulesKind) {
    this.prefix = prefix;
    this.#scope = scope.scope(prefix === '' || prefix.endsWith('.') ? prefix : `${prefix}.`);
    this.#ending = kind === 'shadow' ? 'shadow_' : '';
    this.#allowed = this.#scope.counter(`${this.#ending}allowed`);
    this.#denied = this.#scope.counter(`${this.#ending}denied`);
  }

  count(allowed: boolean): void {
    if (allowed) this.#allowed.inc();
    else this.#denied.inc();
  }

  /** Counts for the policy or action that decided, where there is one. */
  countPolicy(decision: RbacDecision): void {
    const { name, allowed } = decision;
    if (name === null) return;
    let counter = this.#policies.get(decision);
    if (counter === undefined) {
      counter = this.#scope.counter(`policy.${name}.${this.#ending}${allowed ? 'allowed' : 'denied'}`);
      this.#policies.set(decision, counter);
    }
    counter.inc();
  }
}
