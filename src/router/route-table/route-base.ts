// Owns what all kinds of routes have in common: names, per-filter configuration, metadata, header rules on the way down.
import type { FilterKey } from '../../http/filter/filter-key.ts';
import type { RequestHeaders, ResponseHeaders } from '../../http/headers/header-map.ts';
import type { StreamInfo } from '../../observability/stream-info.ts';
import type { RequestStats, RouteBase } from '../api.ts';
import type { HeaderRuleChain, HeaderRules } from './header-rules.ts';
import type { VirtualClusterTable } from './virtual-clusters.ts';

export type Metadata = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** What typed_per_filter_config says of one filter. */
export interface FilterOverride {
  readonly disabled: boolean;
  /** What the filter made of its message; undefined without one. */
  readonly config: unknown;
  /** Those of the levels above and this one, the most general first. */
  readonly configs: readonly unknown[];
}

/** What the most specific level says, by filter key; null when there is none at any level. */
export type FilterOverrides = readonly (FilterOverride | undefined)[] | null;

const noConfigs: readonly unknown[] = [];

export interface RouteBaseSettings {
  readonly name: string;
  readonly virtualHostName: string;
  readonly routeConfigName: string;
  readonly filterOverrides: FilterOverrides;
  readonly deprecatedCorsPolicies: readonly unknown[];
  readonly metadata: Metadata;
  readonly virtualHostMetadata?: Metadata | undefined;
  readonly requestBufferLimit: number | undefined;
  readonly responseRules: HeaderRuleChain;
  /** Null where the virtual host has none. */
  readonly virtualClusters: VirtualClusterTable | null;
  /** Null without stat_prefix. */
  readonly ownStats: RequestStats | null;
}

export class PreparedRouteBase implements RouteBase {
  readonly name: string;
  readonly virtualHostName: string;
  readonly routeConfigName: string;
  readonly metadata: Metadata;
  readonly virtualHostMetadata: Metadata | undefined;
  readonly deprecatedCorsPolicies: readonly unknown[];
  readonly requestBufferLimit: number | undefined;
  readonly #filterOverrides: FilterOverrides;
  readonly #responseRules: HeaderRuleChain;

  constructor(settings: RouteBaseSettings) {
    this.name = settings.name;
    this.virtualHostName = settings.virtualHostName;
    this.routeConfigName = settings.routeConfigName;
    this.deprecatedCorsPolicies = settings.deprecatedCorsPolicies;
    this.metadata = settings.metadata;
    this.virtualHostMetadata = settings.virtualHostMetadata;
    this.requestBufferLimit = settings.requestBufferLimit;
    this.#filterOverrides = settings.filterOverrides;
    this.#responseRules = settings.responseRules;
  }

  perFilterConfig(filter: FilterKey): unknown {
    return this.#filterOverrides?.[filter]?.config;
  }

  perFilterConfigs(filter: FilterKey): readonly unknown[] {
    return this.#filterOverrides?.[filter]?.configs ?? noConfigs;
  }

  filterDisabled(filter: FilterKey): boolean | undefined {
    return this.#filterOverrides?.[filter]?.disabled;
  }

  finalizeResponse(headers: ResponseHeaders, streamInfo: StreamInfo, requestHeaders?: RequestHeaders | null): void {
    const rules = this.#responseRules;
    for (let i = 0; i < rules.length; i++) {
      (rules[i] as HeaderRules).applyToResponse(headers, requestHeaders ?? null, streamInfo);
    }
  }
}
