// Makes router filters: the factory that the extension `envoy.filters.http.router` hands to the connection manager.
import type { FilterPair, HttpFilterContext, HttpFilterFactory } from '../http/filter/api.ts';
import { readRouter } from './config.ts';
import type { RouterConfig } from './config-types.ts';
import { RouterFilter } from './router-filter.ts';

type RouterMessage = Parameters<typeof readRouter>[0];

class RouterFilterFactory implements HttpFilterFactory {
  readonly name: string;
  readonly terminal = true;
  readonly disabledByDefault: boolean;
  readonly #config: RouterConfig;

  constructor(config: RouterConfig, context: HttpFilterContext) {
    this.name = context.name;
    this.disabledByDefault = context.disabled;
    this.#config = config;
  }

  createFilters(): FilterPair {
    return { decoder: new RouterFilter(this.#config), encoder: null };
  }
}

export function routerFilterFactory(message: RouterMessage, context: HttpFilterContext): HttpFilterFactory {
  return new RouterFilterFactory(readRouter(message, context), context);
}
