// Owns routes that answer by themselves.
import type { DirectResponseRoute, Route } from '../api.ts';
import { PreparedRouteBase, type RouteBaseSettings } from './route-base.ts';
import type { RouteChoice } from './virtual-host.ts';

export class PreparedDirectResponseRoute extends PreparedRouteBase implements DirectResponseRoute, RouteChoice {
  readonly kind = 'direct';
  readonly status: number;
  readonly body: string;

  constructor(base: RouteBaseSettings, status: number, body: string) {
    super(base);
    this.status = status;
    this.body = body;
  }

  select(): Route {
    return this;
  }
}
