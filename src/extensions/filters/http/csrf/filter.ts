// Refuses requests that change something and that a page of another origin sent (cross-site request forgery): the host of
// Origin, or of Referer without it, must be the request's own or one that is trusted besides.
import { hostAndPortOf } from '../../../../base/absolute-url.ts';
import { type DecoderFilterCallbacks, FilterHeadersStatus, PassThroughDecoder } from '../../../../http/filter/api.ts';
import { Names, type RequestHeaders } from '../../../../http/headers/api.ts';
import type { RuntimeFraction, StringMatcher } from '../../../../matchers/api.ts';
import type { CsrfStats } from './stats.ts';

export interface CsrfPolicy {
  /** Null, which the API's own rules refuse: never. */
  readonly enabled: RuntimeFraction | null;
  /** Null: never. */
  readonly shadow: RuntimeFraction | null;
  readonly additionalOrigins: readonly StringMatcher[];
}

export class CsrfFilter extends PassThroughDecoder {
  readonly #policy: CsrfPolicy;
  readonly #stats: CsrfStats;
  #callbacks: DecoderFilterCallbacks | null = null;

  /** `policy` counts where the route has none. */
  constructor(policy: CsrfPolicy, stats: CsrfStats) {
    super();
    this.#policy = policy;
    this.#stats = stats;
  }

  override setDecoderCallbacks(callbacks: DecoderFilterCallbacks): void {
    this.#callbacks = callbacks;
  }

  override decodeHeaders(headers: RequestHeaders): FilterHeadersStatus {
    const callbacks = this.#callbacks;
    if (callbacks === null || !changesSomething(headers.method)) return FilterHeadersStatus.Continue;
    const policy = (callbacks.perRouteConfig() as CsrfPolicy | undefined) ?? this.#policy;
    const enabled = policy.enabled?.includes(callbacks.randomValue) ?? false;
    if (!enabled && !(policy.shadow?.includes(callbacks.randomValue) ?? false)) return FilterHeadersStatus.Continue;
    const source = sourceOrigin(headers);
    if (source !== '' && isTrusted(source, headers, policy)) {
      this.#stats.requestValid.inc();
      return FilterHeadersStatus.Continue;
    }
    if (source === '') this.#stats.missingSourceOrigin.inc();
    else this.#stats.requestInvalid.inc();
    if (!enabled) return FilterHeadersStatus.Continue;
    callbacks.sendLocalReply({
      status: 403,
      body: 'Invalid origin',
      details: 'csrf_origin_mismatch',
      cause:
        source === ''
          ? 'the CSRF filter: the request has neither Origin nor Referer'
          : `the CSRF filter: the request comes from '${source}', which is neither '${headers.authority}' nor one of additional_origins`,
    });
    return FilterHeadersStatus.StopIteration;
  }

  override onDestroy(): void {
    this.#callbacks = null;
  }
}

function changesSomething(method: string): boolean {
  return method === 'POST' || method === 'PUT' || method === 'DELETE' || method === 'PATCH';
}

/** Empty without one. `null` is what browsers send for origins that are nobody's business (RFC 6454 section 7.3). */
function sourceOrigin(headers: RequestHeaders): string {
  const origin = headers.get(Names.origin) ?? '';
  if (origin === 'null') return '';
  return hostOf(origin === '' ? (headers.get(Names.referer) ?? '') : origin);
}

function isTrusted(source: string, headers: RequestHeaders, { additionalOrigins }: CsrfPolicy): boolean {
  if (headers.authority !== '' && source === hostOf(`${headers.scheme}://${headers.authority}`)) return true;
  for (let i = 0; i < additionalOrigins.length; i++) {
    if ((additionalOrigins[i] as StringMatcher).matches(source)) return true;
  }
  return false;
}

/** As Envoy: what is no URL is compared as it stands. */
function hostOf(url: string): string {
  return hostAndPortOf(url) ?? url;
}
