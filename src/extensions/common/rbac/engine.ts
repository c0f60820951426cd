// Owns the decision: which policy matches, and what the action makes of it.
import type { StreamInfo } from '../../../http/filter/api.ts';
import type { HeaderMap } from '../../../http/headers/api.ts';
import type { RbacMatcher } from './matcher.ts';

export type RbacAction = 'allow' | 'deny' | 'log';

/** Matches who is one of `principals` and does one of `permissions`, where the condition, if there is one, is true. */
export interface RbacPolicy {
  readonly name: string;
  readonly permission: RbacMatcher;
  readonly principal: RbacMatcher;
  readonly condition: RbacMatcher;
}

export class RbacEngine {
  readonly action: RbacAction;
  /** In the order in which they are asked: by name, as in Envoy. */
  readonly policies: readonly RbacPolicy[];

  constructor(action: RbacAction, policies: readonly RbacPolicy[]) {
    this.action = action;
    this.policies = policies;
  }

  /** The first that matches. */
  matchingPolicy(info: StreamInfo, headers: HeaderMap): RbacPolicy | null {
    const policies = this.policies;
    for (let i = 0; i < policies.length; i++) {
      const policy = policies[i] as RbacPolicy;
      if (!policy.permission.matches(info, headers) || !policy.principal.matches(info, headers)) continue;
      if (policy.condition.matches(info, headers)) return policy;
    }
    return null;
  }

  allows(matching: RbacPolicy | null): boolean {
    switch (this.action) {
      case 'allow':
        return matching !== null;
      case 'deny':
        return matching === null;
      case 'log':
        return true;
    }
  }
}
