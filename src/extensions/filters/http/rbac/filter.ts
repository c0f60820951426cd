// Owns the filter that lets requests pass or answers 403, by rules; and tells what shadow rules would have done.
import { type DecoderFilterCallbacks, FilterHeadersStatus, PassThroughDecoder } from '../../../../http/filter/api.ts';
import type { RequestHeaders } from '../../../../http/headers/api.ts';
import type { RbacPolicy } from '../../../common/rbac/engine.ts';
import { accessLogHint, type RbacRules } from '../../../common/rbac/rules.ts';
import type { RuleStats } from '../../../common/rbac/stats.ts';

/** Of the filter, or of a route in its place. */
export interface RbacSettings {
  readonly enforced: RbacRules | null;
  readonly shadow: RbacRules | null;
  readonly trackPolicies: boolean;
}

export interface RbacStats {
  readonly enforced: RuleStats;
  readonly shadow: RuleStats;
}

/** Envoy's, whatever the filter is called. */
const metadataNamespace = 'envoy.filters.http.rbac';

export class RbacFilter extends PassThroughDecoder {
  readonly #settings: RbacSettings;
  readonly #stats: RbacStats;
  #callbacks!: DecoderFilterCallbacks;

  constructor(settings: RbacSettings, stats: RbacStats) {
    super();
    this.#settings = settings;
    this.#stats = stats;
  }

  override setDecoderCallbacks(callbacks: DecoderFilterCallbacks): void {
    this.#callbacks = callbacks;
  }

  override decodeHeaders(headers: RequestHeaders): FilterHeadersStatus {
    const route = this.#callbacks.perRouteConfig() as RbacSettings | undefined;
    const { enforced, shadow, trackPolicies } = route ?? this.#settings;
    if (shadow !== null) this.#judge(shadow, headers, this.#stats.shadow, trackPolicies);
    if (enforced === null) return FilterHeadersStatus.Continue;
    const policy = this.#judge(enforced, headers, this.#stats.enforced, trackPolicies);
    if (enforced.engine.action === 'log') {
      const hint = policy === null ? accessLogHint.unmatched : accessLogHint.matched;
      this.#callbacks.streamInfo.setDynamicMetadata('envoy.common', hint);
    }
    if (enforced.engine.allows(policy)) return FilterHeadersStatus.Continue;
    this.#callbacks.sendLocalReply({
      status: 403,
      body: 'RBAC: access denied',
      details: `rbac_access_denied_matched_policy[${policy === null ? 'none' : policy.name}]`,
      cause: policy === null ? 'no policy of the rbac rules allows it' : `the rbac policy '${policy.name}' denies it`,
    });
    return FilterHeadersStatus.StopIteration;
  }

  /** Counts and leaves metadata; returns the policy that matched. */
  #judge(rules: RbacRules, headers: RequestHeaders, stats: RuleStats, trackPolicies: boolean): RbacPolicy | null {
    const { streamInfo } = this.#callbacks;
    const { engine } = rules;
    const policy = engine.matchingPolicy(streamInfo, headers);
    const allowed = engine.allows(policy);
    stats.count(allowed);
    if (trackPolicies && policy !== null) stats.countPolicy(policy, allowed);
    streamInfo.setDynamicMetadata(metadataNamespace, rules.metadata(policy, stats.prefix));
    return policy;
  }
}
