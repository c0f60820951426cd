// Owns the decision by policies: which one matches, and what the action makes of it.
import type { StreamInfo } from '../../../http/filter/api.ts';
import type { HeaderMap } from '../../../http/headers/api.ts';
import type { RbacMatcher } from './matcher.ts';

export type RbacAction = 'allow' | 'deny' | 'log';

/** One of the outcomes that an engine can have; each is one object for as long as the engine lives. */
export interface RbacDecision {
  /** Of the policy or action that decided; null where none matched. */
  readonly name: string | null;
  readonly allowed: boolean;
  /** What `access_log_hint` becomes; null: it is left alone. */
  readonly logHint: boolean | null;
  /** Of a denial: Envoy's response-code details, and words. */
  readonly details: string;
  readonly cause: string;
}

/** Details are one word: white space in a name does not stay. */
export function detailsOf(name: string): string {
  return `rbac_access_denied_matched_policy[${name.replace(/[\t-\r ]/g, '_')}]`;
}

export interface RbacEngine {
  readonly decisions: readonly RbacDecision[];
  decide(info: StreamInfo, headers: HeaderMap): RbacDecision;
}

/** Matches who is one of `principals` and does one of `permissions`, where the condition, if there is one, is true. */
export interface RbacPolicy {
  readonly name: string;
  readonly permission: RbacMatcher;
  readonly principal: RbacMatcher;
  readonly condition: RbacMatcher;
}

export class PolicyEngine implements RbacEngine {
  readonly decisions: readonly RbacDecision[];
  readonly #policies: readonly RbacPolicy[];
  readonly #matched: readonly RbacDecision[];
  readonly #unmatched: RbacDecision;

  /** `policies` in the order in which they are asked: by name, as in Envoy. */
  constructor(action: RbacAction, policies: readonly RbacPolicy[]) {
    this.#policies = policies;
    this.#matched = policies.map(({ name }) => ({
      name,
      allowed: action !== 'deny',
      logHint: action === 'log' ? true : null,
      details: detailsOf(name),
      cause: `the rbac policy '${name}' denies it`,
    }));
    this.#unmatched = {
      name: null,
      allowed: action !== 'allow',
      logHint: action === 'log' ? false : null,
      details: detailsOf('none'),
      cause: 'no policy of the rbac rules allows it',
    };
    this.decisions = [...this.#matched, this.#unmatched];
  }

  /** The first that matches decides. */
  decide(info: StreamInfo, headers: HeaderMap): RbacDecision {
    const policies = this.#policies;
    for (let i = 0; i < policies.length; i++) {
      const { permission, principal, condition } = policies[i] as RbacPolicy;
      if (!permission.matches(info, headers) || !principal.matches(info, headers)) continue;
      if (condition.matches(info, headers)) return this.#matched[i] as RbacDecision;
    }
    return this.#unmatched;
  }
}
