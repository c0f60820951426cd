// Owns routes that answer by themselves, and those that lead nowhere.
import type { RequestHeaders } from '../../http/headers/header-map.ts';
import type { Formatter } from '../../observability/access-log/api.ts';
import type { StreamInfo } from '../../observability/stream-info.ts';
import type { DirectResponseRoute, NonForwardingRoute, Route } from '../api.ts';
import { formatForRequest } from './format-source.ts';
import { PreparedRouteBase, type RouteBaseSettings } from './route-base.ts';
import type { RouteChoice } from './virtual-host.ts';
import type { WatchedBody } from './watched-body.ts';

/** body_format. */
export interface BodyFormat {
  readonly formatter: Formatter;
  /** Empty: text/plain. */
  readonly contentType: string;
}

export class PreparedDirectResponseRoute extends PreparedRouteBase implements DirectResponseRoute, RouteChoice {
  readonly kind = 'direct';
  readonly status: number;
  readonly contentType: string;
  readonly #body: string | WatchedBody;
  readonly #format: Formatter | null;

  /** `body` is a byte string; a format makes of it what goes out. */
  constructor(base: RouteBaseSettings, status: number, body: string | WatchedBody, format: BodyFormat | null) {
    super(base);
    this.status = status;
    this.contentType = format?.contentType ?? '';
    this.#body = body;
    this.#format = format?.formatter ?? null;
  }

  select(): Route {
    return this;
  }

  body(headers: RequestHeaders, streamInfo: StreamInfo): string {
    const body = typeof this.#body === 'string' ? this.#body : this.#body.text;
    return this.#format === null ? body : formatForRequest(this.#format, headers, streamInfo, body);
  }
}

export class PreparedNonForwardingRoute extends PreparedRouteBase implements NonForwardingRoute, RouteChoice {
  readonly kind = 'non-forwarding';

  select(): Route {
    return this;
  }
}
