// Answers preflights (OPTIONS that ask what a page of another origin may send) and tells browsers in the responses what
// they may show to that page, by the policies of the route, its virtual host and its route configuration.
import {
  type DecoderFilterCallbacks,
  FilterHeadersStatus,
  FilterTrailersStatus,
  PassThroughFilter,
} from '../../../../http/filter/api.ts';
import { Names, pinnedName, type RequestHeaders, ResponseHeaders } from '../../../../http/headers/api.ts';
import type { Route } from '../../../../router/api.ts';
import { allowsOrigin, type CorsPolicy, layered } from './policy.ts';
import type { CorsStats } from './stats.ts';

const allowOrigin = pinnedName('access-control-allow-origin');
const allowCredentials = pinnedName('access-control-allow-credentials');
const allowMethods = pinnedName('access-control-allow-methods');
const allowHeaders = pinnedName('access-control-allow-headers');
const maxAge = pinnedName('access-control-max-age');
const exposeHeaders = pinnedName('access-control-expose-headers');
const allowPrivateNetwork = pinnedName('access-control-allow-private-network');
const requestMethod = pinnedName('access-control-request-method');
const requestHeaders = pinnedName('access-control-request-headers');
const requestPrivateNetwork = pinnedName('access-control-request-private-network');

/** What levels amount to; they are the same array for every request of a route. */
const layeredByLevels = new WeakMap<readonly unknown[], CorsPolicy>();

export class CorsFilter extends PassThroughFilter {
  readonly #stats: CorsStats;
  #callbacks: DecoderFilterCallbacks | null = null;
  /** Set for an origin that is allowed: the response says so. */
  #origin = '';
  #policy: CorsPolicy | null = null;

  constructor(stats: CorsStats) {
    super();
    this.#stats = stats;
  }

  override setDecoderCallbacks(callbacks: DecoderFilterCallbacks): void {
    this.#callbacks = callbacks;
  }

  override decodeHeaders(headers: RequestHeaders): FilterHeadersStatus {
    const callbacks = this.#callbacks;
    const origin = headers.get(Names.origin);
    if (callbacks === null || origin === undefined || origin === '') return FilterHeadersStatus.Continue;
    const policy = policyOf(callbacks);
    if (policy === null) return FilterHeadersStatus.Continue;
    const enabled = policy.enabled?.includes(callbacks.randomValue) ?? true;
    if (!enabled && !(policy.shadow?.includes(callbacks.randomValue) ?? false)) return FilterHeadersStatus.Continue;
    const allowed = allowsOrigin(policy, origin);
    if (allowed) this.#stats.originValid.inc();
    else this.#stats.originInvalid.inc();
    if (!enabled) return FilterHeadersStatus.Continue;
    if (allowed) {
      this.#policy = policy;
      this.#origin = origin;
    }
    const method = headers.method === 'OPTIONS' ? (headers.get(requestMethod) ?? '') : '';
    if (method === '') return FilterHeadersStatus.Continue;
    if (!allowed && (policy.forwardNotMatchingPreflights ?? true)) return FilterHeadersStatus.Continue;
    callbacks.encodeHeaders(this.#preflightAnswer(headers, method, policy), true, 'cors_response');
    return FilterHeadersStatus.StopIteration;
  }

  #preflightAnswer(headers: RequestHeaders, method: string, policy: CorsPolicy): ResponseHeaders {
    const answer = new ResponseHeaders(200);
    if (this.#origin !== '') answer.append(allowOrigin, this.#origin);
    if (policy.allowCredentials) answer.append(allowCredentials, 'true');
    // A star stands for what is asked for: browsers do not take `*` itself with credentials.
    if (policy.allowMethods !== '')
      answer.append(allowMethods, policy.allowMethods === '*' ? method : policy.allowMethods);
    if (policy.allowHeaders !== '') {
      const asked = policy.allowHeaders === '*' ? (headers.get(requestHeaders) ?? '') : policy.allowHeaders;
      answer.append(allowHeaders, asked);
    }
    if (policy.maxAge !== '') answer.append(maxAge, policy.maxAge);
    if (policy.allowPrivateNetworkAccess && headers.get(requestPrivateNetwork) === 'true') {
      answer.append(allowPrivateNetwork, 'true');
    }
    return answer;
  }

  override encodeHeaders(headers: ResponseHeaders): FilterHeadersStatus {
    const policy = this.#policy;
    if (policy === null) return FilterHeadersStatus.Continue;
    headers.set(allowOrigin, this.#origin);
    if (policy.allowCredentials) headers.set(allowCredentials, 'true');
    if (policy.exposeHeaders !== '') headers.set(exposeHeaders, policy.exposeHeaders);
    return FilterHeadersStatus.Continue;
  }

  override encodeTrailers(): FilterTrailersStatus {
    return FilterTrailersStatus.Continue;
  }

  override onDestroy(): void {
    this.#callbacks = null;
  }
}

/** Null where no level has a policy, and, as in Envoy, for routes that answer themselves. */
function policyOf(callbacks: DecoderFilterCallbacks): CorsPolicy | null {
  const route = callbacks.route() as Route | null;
  if (route === null || route.kind !== 'forward') return null;
  const typed = callbacks.perRouteConfigs();
  const levels = typed.length > 0 ? typed : route.deprecatedCorsPolicies;
  if (levels.length === 0) return null;
  let policy = layeredByLevels.get(levels);
  if (policy === undefined) {
    policy = layered(levels as readonly CorsPolicy[]);
    layeredByLevels.set(levels, policy);
  }
  return policy;
}
