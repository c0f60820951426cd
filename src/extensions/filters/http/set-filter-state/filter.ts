// Owns the filter that leaves objects of configuration in the filter state of every stream.
import { FilterHeadersStatus, PassThroughDecoder } from '../../../../http/filter/api.ts';
import type { RequestHeaders } from '../../../../http/headers/api.ts';
import { contextWithoutResponse } from '../../../../observability/access-log/api.ts';
import { applyAll, type FilterStateValue } from '../../../common/set-filter-state/value.ts';

export interface SetFilterStateSettings {
  readonly values: readonly FilterStateValue[];
  readonly clearRouteCache: boolean;
}

export class SetFilterStateFilter extends PassThroughDecoder {
  readonly #settings: SetFilterStateSettings;

  constructor(settings: SetFilterStateSettings) {
    super();
    this.#settings = settings;
  }

  override decodeHeaders(requestHeaders: RequestHeaders): FilterHeadersStatus {
    const context = contextWithoutResponse(this.decoder.streamInfo, requestHeaders);
    // The filter's own values first, then those of routes, the most general first: the most specific stays.
    applyAll(this.#settings.values, context);
    const routes = this.decoder.perRouteConfigs() as readonly SetFilterStateSettings[];
    let clear = this.#settings.clearRouteCache;
    for (let i = 0; i < routes.length; i++) {
      const { values, clearRouteCache } = routes[i] as SetFilterStateSettings;
      applyAll(values, context);
      clear ||= clearRouteCache;
    }
    if (clear) this.decoder.clearRouteCache();
    return FilterHeadersStatus.Continue;
  }
}
