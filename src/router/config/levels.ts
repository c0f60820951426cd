// Owns the order in which the header rules of the levels are applied.
import type { HeaderRuleChain, HeaderRules } from '../route-table/header-rules.ts';
import type { RouteBuild } from './context.ts';
import type { LevelRules } from './header-rules.ts';

export interface RuleLevels {
  readonly weightedCluster: LevelRules | null;
  readonly route: LevelRules;
  readonly virtualHost: LevelRules;
  readonly routeConfig: LevelRules;
}

/**
 * As Envoy: from the most specific level to the most general, so that the general one has the last word, or the other way
 * round with most_specific_header_mutations_wins. Rules of a weighted cluster come first either way.
 */
export function ruleChain(levels: RuleLevels, side: 'request' | 'response', build: RouteBuild): HeaderRuleChain {
  const inner = [levels.route[side], levels.virtualHost[side], levels.routeConfig[side]];
  if (build.settings.mostSpecificHeaderMutationsWins) inner.reverse();
  return [levels.weightedCluster?.[side] ?? null, ...inner].filter((rules): rules is HeaderRules => rules !== null);
}
