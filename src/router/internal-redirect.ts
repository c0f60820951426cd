// Owns how a redirect of an upstream is followed in the client's place: whether it may be, and what becomes of the request.
import { readAbsoluteUrl } from '../base/absolute-url.ts';
import type { DecoderFilterCallbacks } from '../http/filter/api.ts';
import type { RequestHeaders, ResponseHeaders } from '../http/headers/header-map.ts';
import { type NameInfo, Names } from '../http/headers/name.ts';
import type { InternalRedirectPolicy, Route } from './api.ts';
import { FollowedRedirects, followedRedirectsKey } from './redirect-predicates.ts';
import type { RouterStats } from './stats.ts';

const SEE_OTHER = 303;

export interface RedirectedRequest {
  readonly policy: InternalRedirectPolicy;
  /** Of the route that redirected. */
  readonly routeName: string;
  readonly headers: RequestHeaders;
  readonly callbacks: DecoderFilterCallbacks;
  readonly stats: RouterStats;
}

/** True when `headers` are those of the next request; else they are as they were, and the response goes on. */
export function redirectHeaders(request: RedirectedRequest, response: ResponseHeaders): boolean {
  const { policy, headers, callbacks, stats } = request;
  const location = response.get(Names.location);
  if (location === undefined) return false;
  const url = readAbsoluteUrl(location);
  if (url === undefined) {
    stats.passthroughInternalRedirectBadLocation.inc();
    return false;
  }
  const fromHttp = headers.scheme === 'http' || callbacks.streamInfo.connection.tls === null;
  const toHttp = url.scheme === 'http';
  if (fromHttp !== toHttp && !policy.allowCrossScheme) {
    stats.passthroughInternalRedirectUnsafeScheme.inc();
    return false;
  }
  const followed = followedRedirects(callbacks);
  if (followed.count >= policy.max) {
    stats.passthroughInternalRedirectTooManyRedirects.inc();
    return false;
  }
  const { scheme, authority, path } = headers;
  const replaced = copyHeaders(policy.responseHeadersToCopy, response, headers);
  headers.scheme = url.scheme;
  headers.authority = url.hostAndPort;
  headers.path = url.pathAndQuery;
  callbacks.clearRouteCache();
  const route = callbacks.route() as Route | null;
  if (route === null) {
    stats.passthroughInternalRedirectNoRoute.inc();
  } else {
    const target = { fromRoute: request.routeName, toRoute: route.name, fromHttp, toHttp };
    if (policy.predicates.every((predicate) => predicate.accepts(target, followed))) {
      if (dropsBody(response.status, headers.method)) {
        headers.method = 'GET';
        headers.remove(Names.contentLength);
      }
      followed.count++;
      headers.set(Names.xEnvoyOriginalUrl, `${fromHttp ? 'http' : 'https'}://${authority}${path}`);
      return true;
    }
    stats.passthroughInternalRedirectPredicate.inc();
  }
  headers.scheme = scheme;
  headers.authority = authority;
  headers.path = path;
  for (const [name, values] of replaced) replaceAll(headers, name, values);
  return false;
}

/** RFC 9110 section 15.4.4. */
export function dropsBody(status: number, method: string): boolean {
  return status === SEE_OTHER && method !== 'HEAD' && method !== 'GET';
}

function followedRedirects({ streamInfo }: DecoderFilterCallbacks): FollowedRedirects {
  streamInfo.filterState ??= new Map();
  let followed = streamInfo.filterState.get(followedRedirectsKey);
  if (!(followed instanceof FollowedRedirects)) {
    followed = new FollowedRedirects();
    streamInfo.filterState.set(followedRedirectsKey, followed);
  }
  return followed as FollowedRedirects;
}

type Replaced = (readonly [name: NameInfo, values: readonly string[]])[];

/** What the response has not goes from the request as well. Returns what was there before. */
function copyHeaders(names: readonly NameInfo[], response: ResponseHeaders, headers: RequestHeaders): Replaced {
  const replaced: Replaced = [];
  for (const name of names) {
    replaced.push([name, valuesOf(headers, name)]);
    replaceAll(headers, name, valuesOf(response, name));
  }
  return replaced;
}

function valuesOf(headers: RequestHeaders | ResponseHeaders, name: NameInfo): readonly string[] {
  const values: string[] = [];
  for (let i = 0; i < headers.size; i++) if (headers.nameAt(i) === name) values.push(headers.valueAt(i));
  return values;
}

function replaceAll(headers: RequestHeaders, name: NameInfo, values: readonly string[]): void {
  headers.remove(name);
  for (const value of values) headers.append(name, value);
}
