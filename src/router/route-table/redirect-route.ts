// Owns routes that answer with a redirect, and how the Location is put together.
import type { RequestHeaders } from '../../http/headers/header-map.ts';
import { Names } from '../../http/headers/name.ts';
import { toByteString } from '../../matchers/byte-string.ts';
import type { Formatter } from '../../observability/access-log/api.ts';
import type { StreamInfo } from '../../observability/stream-info.ts';
import type { RedirectRoute, Route } from '../api.ts';
import { portStart } from './domain-table.ts';
import { formatForRequest } from './format-source.ts';
import type { PathRewrite } from './path-rewrite.ts';
import { PreparedRouteBase, type RouteBaseSettings } from './route-base.ts';
import type { RouteChoice } from './virtual-host.ts';

export interface RedirectSettings {
  readonly status: number;
  /** Empty: the request's. */
  readonly scheme: string;
  /** Empty: the request's. May hold a port. */
  readonly host: string;
  /** 0: the request's. */
  readonly port: number;
  /** In place of path and query; takes over the request's query unless it has one. Empty: the request's. */
  readonly path: string;
  /** The same, worked out for each request; null without. */
  readonly pathFormat: Formatter | null;
  readonly pathRewrite: PathRewrite | null;
  readonly stripQuery: boolean;
}

export class PreparedRedirectRoute extends PreparedRouteBase implements RedirectRoute, RouteChoice {
  readonly kind = 'redirect';
  readonly status: number;
  readonly #settings: RedirectSettings;
  readonly #host: string;
  readonly #path: string;
  readonly #port: string;

  constructor(base: RouteBaseSettings, settings: RedirectSettings) {
    super(base);
    this.status = settings.status;
    this.#settings = settings;
    this.#host = toByteString(settings.host);
    this.#path = toByteString(settings.path);
    this.#port = settings.port === 0 ? '' : `:${settings.port}`;
  }

  select(): Route {
    return this;
  }

  location(headers: RequestHeaders, streamInfo: StreamInfo): string {
    // A filter has removed it.
    if (headers.path === '') return '';
    const scheme = this.#settings.scheme !== '' ? this.#settings.scheme : headers.scheme;
    const host = this.#host !== '' ? this.#host : requestHost(headers, scheme, this.#port !== '');
    return `${scheme}://${host}${this.#port}${this.#newPath(headers.path, headers, streamInfo)}`;
  }

  #newPath(path: string, headers: RequestHeaders, streamInfo: StreamInfo): string {
    const { pathFormat } = this.#settings;
    const wanted = pathFormat === null ? this.#path : asPath(formatForRequest(pathFormat, headers, streamInfo));
    if (wanted !== '') {
      if (wanted.includes('?') || this.#settings.stripQuery) return wanted;
      const query = path.indexOf('?');
      return query === -1 ? wanted : wanted + path.slice(query);
    }
    const rewritten = this.#settings.pathRewrite?.rewrite(path, headers, streamInfo) ?? path;
    if (!this.#settings.stripQuery) return rewritten;
    const query = rewritten.indexOf('?');
    return query === -1 ? rewritten : rewritten.slice(0, query);
  }
}

/** As Envoy: what a format gives starts with a slash; nothing stays nothing. */
function asPath(text: string): string {
  return text === '' || text.startsWith('/') ? text : `/${text}`;
}

/** The request's host, without its port when another is to follow, or when it is the default one of a scheme that goes. */
function requestHost(headers: RequestHeaders, newScheme: string, portFollows: boolean): string {
  const host = headers.authority;
  const port = portStart(host);
  if (port === -1) return host;
  const oldScheme = headers.get(Names.xForwardedProto) ?? headers.scheme;
  const defaultPort = oldScheme === 'http' ? ':80' : oldScheme === 'https' ? ':443' : '';
  const schemeGoes = newScheme !== oldScheme && defaultPort !== '' && host.endsWith(defaultPort);
  return portFollows || (schemeGoes && host.length - port === defaultPort.length) ? host.slice(0, port) : host;
}
