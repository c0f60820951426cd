// Owns the choice of one of several clusters by weight. Each is a route of its own, made in advance. Weights may follow the
// runtime (runtime_key_prefix): they are read anew when it has changed.
import type { Runtime } from '../../base/runtime.ts';
import type { NameInfo } from '../../http/headers/name.ts';
import type { ForwardRoute, Route, RouteAlternatives, RouteMatchContext } from '../api.ts';
import type { ForwardChoice, PreparedForwardRoute } from './forward-route.ts';
import type { RouteChoice } from './virtual-host.ts';

const decimal = /^[0-9]{1,20}$/;

/** Where the runtime has the weights: one key for each route. */
export interface RuntimeWeights {
  readonly runtime: Runtime;
  readonly keys: readonly string[];
}

export class WeightedRoutes implements RouteChoice, RouteAlternatives {
  readonly #routes: readonly ForwardChoice[];
  /** Sums of the weights up to and with each route. */
  #bounds: readonly number[] = [];
  #total = 0;
  readonly #weights: readonly number[];
  readonly #live: RuntimeWeights | null;
  #version = 0;
  /** A header with the number that decides, so that a caller is always sent the same way; null without. */
  readonly #header: NameInfo | null;

  /** At least one weight is above zero. */
  constructor(
    routes: readonly ForwardChoice[],
    weights: readonly number[],
    header: NameInfo | null,
    live: RuntimeWeights | null = null,
  ) {
    this.#routes = routes;
    for (const route of routes) if (route.retryPolicy?.refreshesCluster) route.alternatives = this;
    this.#weights = weights;
    this.#header = header;
    this.#live = live;
    this.#read();
  }

  #read(): void {
    const live = this.#live;
    if (live !== null) this.#version = live.runtime.version;
    let sum = 0;
    this.#bounds = this.#weights.map((weight, i) => {
      sum += live === null ? weight : live.runtime.integer(live.keys[i] as string, weight);
      return sum;
    });
    this.#total = sum;
  }

  /** Null, no route as in Envoy, where the runtime leaves no weight above zero. */
  select(context: RouteMatchContext): Route | null {
    if (this.#live !== null && this.#live.runtime.version !== this.#version) this.#read();
    if (this.#total === 0) return null;
    const at = this.#place(context, this.#total);
    const bounds = this.#bounds;
    let i = 0;
    while (i < bounds.length - 1 && at >= (bounds[i] as number)) i++;
    return (this.#routes[i] as ForwardChoice).select(context);
  }

  /** For a retry. Asked of the real Envoy: what decided the first choice, header or chance, decides this one too. */
  another(tried: ForwardRoute[], context: RouteMatchContext): ForwardRoute | null {
    const routes = this.#routes;
    if (routes.every((route) => isAmong(tried, route))) tried.length = 0;
    const weightOf = (i: number): number => (this.#bounds[i] as number) - (this.#bounds[i - 1] ?? 0);
    let total = 0;
    for (let i = 0; i < routes.length; i++) {
      if (!isAmong(tried, routes[i] as ForwardChoice)) total += weightOf(i);
    }
    if (total === 0) return null;
    let at = this.#place(context, total);
    for (let i = 0; i < routes.length; i++) {
      const route = routes[i] as ForwardChoice;
      if (isAmong(tried, route)) continue;
      if (at < weightOf(i)) return route.select(context);
      at -= weightOf(i);
    }
    return null;
  }

  /** Below `total`. */
  #place({ headers, randomValue }: RouteMatchContext, total: number): number {
    const value = this.#header === null ? undefined : headers.get(this.#header);
    // As Envoy: what is no number leaves it to chance.
    if (value === undefined || !decimal.test(value)) return randomValue % total;
    const number = BigInt(value);
    return number < 2n ** 64n ? Number(number % BigInt(total)) : randomValue % total;
  }
}

function isAmong(tried: readonly ForwardRoute[], choice: ForwardChoice): boolean {
  // Routes that forward come from this folder alone; the interface hides what made them.
  for (const route of tried) if ((route as PreparedForwardRoute).origin === choice) return true;
  return false;
}
