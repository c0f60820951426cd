// Owns the choice of one of several clusters by weight. Each is a route of its own, made in advance.
import type { NameInfo } from '../../http/headers/name.ts';
import type { ForwardRoute, Route, RouteMatchContext } from '../api.ts';
import type { RouteChoice } from './virtual-host.ts';

const decimal = /^[0-9]{1,20}$/;

export class WeightedRoutes implements RouteChoice {
  readonly #routes: readonly ForwardRoute[];
  /** Sums of the weights up to and with each route. */
  readonly #bounds: readonly number[];
  readonly #total: number;
  /** A header with the number that decides, so that a caller is always sent the same way; null without. */
  readonly #header: NameInfo | null;

  /** At least one weight is above zero. */
  constructor(routes: readonly ForwardRoute[], weights: readonly number[], header: NameInfo | null) {
    let sum = 0;
    this.#bounds = weights.map((weight) => {
      sum += weight;
      return sum;
    });
    this.#routes = routes;
    this.#total = sum;
    this.#header = header;
  }

  select(context: RouteMatchContext): Route {
    const at = this.#header === null ? context.randomValue % this.#total : this.#byHeader(this.#header, context);
    const bounds = this.#bounds;
    let i = 0;
    while (i < bounds.length - 1 && at >= (bounds[i] as number)) i++;
    return this.#routes[i] as ForwardRoute;
  }

  #byHeader(header: NameInfo, { headers, randomValue }: RouteMatchContext): number {
    const value = headers.get(header);
    // As Envoy: what is no number leaves it to chance.
    if (value === undefined || !decimal.test(value)) return randomValue % this.#total;
    const number = BigInt(value);
    return number < 2n ** 64n ? Number(number % BigInt(this.#total)) : randomValue % this.#total;
  }
}
