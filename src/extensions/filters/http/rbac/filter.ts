// Owns the filter that lets requests pass or answers 403, by rules; and tells what shadow rules would have done.
import { FilterHeadersStatus, PassThroughDecoder } from '../../../../http/filter/api.ts';
import type { RequestHeaders } from '../../../../http/headers/api.ts';
import type { RbacDecision } from '../../../common/rbac/engine.ts';
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

  constructor(settings: RbacSettings, stats: RbacStats) {
    super();
    this.#settings = settings;
    this.#stats = stats;
  }

  override decodeHeaders(headers: RequestHeaders): FilterHeadersStatus {
    const route = this.decoder.perRouteConfig() as RbacSettings | undefined;
    const { enforced, shadow, trackPolicies } = route ?? this.#settings;
    if (shadow !== null) this.#judge(shadow, headers, this.#stats.shadow, trackPolicies);
    if (enforced === null) return FilterHeadersStatus.Continue;
    const { allowed, logHint, details, cause } = this.#judge(enforced, headers, this.#stats.enforced, trackPolicies);
    if (logHint !== null) {
      const hint = logHint ? accessLogHint.matched : accessLogHint.unmatched;
      this.decoder.streamInfo.setDynamicMetadata('envoy.common', hint);
    }
    if (allowed) return FilterHeadersStatus.Continue;
    this.decoder.sendLocalReply({
      status: 403,
      body: 'RBAC: access denied',
      details,
      cause,
    });
    return FilterHeadersStatus.StopIteration;
  }

  /** Counts and leaves metadata. */
  #judge(rules: RbacRules, headers: RequestHeaders, stats: RuleStats, trackPolicies: boolean): RbacDecision {
    const { streamInfo } = this.decoder;
    const decision = rules.engine.decide(streamInfo, headers);
    stats.count(decision.allowed);
    if (trackPolicies) stats.countPolicy(decision);
    streamInfo.setDynamicMetadata(metadataNamespace, rules.metadata(decision, stats.prefix));
    return decision;
  }
}
