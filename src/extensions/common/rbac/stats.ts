// Owns the statistics of rules, and of single policies where track_per_rule_stats asks for them.
import type { Counter, StatsScope } from '../../../observability/stats/api.ts';
import type { RbacPolicy } from './engine.ts';
import type { RulesKind } from './rules.ts';

/** Of rules in force or of shadow rules. */
export class RuleStats {
  readonly prefix: string;
  readonly #scope: StatsScope;
  readonly #ending: string;
  readonly #allowed: Counter;
  readonly #denied: Counter;
  /** Made when a policy first decides, as in Envoy; a policy of a route that is gone takes its entry along. */
  readonly #policies = new WeakMap<RbacPolicy, Counter>();

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

  /** The outcome of a policy is always the same one. */
  countPolicy(policy: RbacPolicy, allowed: boolean): void {
    let counter = this.#policies.get(policy);
    if (counter === undefined) {
      counter = this.#scope.counter(`policy.${policy.name}.${this.#ending}${allowed ? 'allowed' : 'denied'}`);
      this.#policies.set(policy, counter);
    }
    counter.inc();
  }
}
