// The local rate limit filter of one stream: takes tokens, and answers 429 when there are none.
import { FilterHeadersStatus, PassThroughFilter } from '../../../../http/filter/api.ts';
import { Names, pinnedName, type RequestHeaders, type ResponseHeaders } from '../../../../http/headers/api.ts';
import { ResponseFlag } from '../../../../observability/api.ts';
import { noRateLimits, type RateLimitDescriptor, type RateLimits, type Route } from '../../../../router/api.ts';
import type { Verdict } from './limiter.ts';
import { type LocalRateLimitSettings, VirtualHostLimits } from './settings.ts';

const limitHeader = pinnedName('x-ratelimit-limit');
const remainingHeader = pinnedName('x-ratelimit-remaining');
const resetHeader = pinnedName('x-ratelimit-reset');
/** RateLimit.XRateLimitOption. */
const headersOff = 1;

export class LocalRateLimitFilter extends PassThroughFilter {
  readonly #name: string;
  #settings: LocalRateLimitSettings | null;
  #verdict: Verdict | null = null;

  /** Without settings only routes limit. */
  constructor(name: string, settings: LocalRateLimitSettings | null) {
    super();
    this.#name = name;
    this.#settings = settings;
  }

  override decodeHeaders(headers: RequestHeaders): FilterHeadersStatus {
    const own = this.decoder.perRouteConfig();
    if (own !== undefined) this.#settings = own as LocalRateLimitSettings;
    const settings = this.#settings;
    const { random, connection, streamInfo } = this.decoder;
    if (settings === null || !settings.enabled.includes(random.uint32())) return FilterHeadersStatus.Continue;
    const { stats } = settings;
    stats.enabled.inc();
    const verdict = settings.limiters.of(connection).ask(this.#describe(settings, headers));
    this.#verdict = verdict;
    if (verdict.allowed) {
      stats.ok.inc();
      return FilterHeadersStatus.Continue;
    }
    stats.rateLimited.inc();
    if (verdict.shadow) return FilterHeadersStatus.Continue;
    if (!settings.enforced.includes(random.uint32())) {
      settings.requestRules?.applyToRequest(headers, streamInfo);
      return FilterHeadersStatus.Continue;
    }
    stats.enforced.inc();
    streamInfo.setFlag(ResponseFlag.RateLimited);
    this.decoder.sendLocalReply({
      status: settings.status,
      body: 'local_rate_limited',
      ...(settings.grpcStatus === null ? {} : { grpcStatus: settings.grpcStatus }),
      details: 'local_rate_limited',
      cause: `no token left in a bucket of ${verdict.bucket?.maxTokens ?? 0} of HTTP filter '${this.#name}'`,
      modifyHeaders: (response) => this.#completeReply(settings, verdict, response),
    });
    return FilterHeadersStatus.StopIteration;
  }

  override encodeHeaders(headers: ResponseHeaders): FilterHeadersStatus {
    const verdict = this.#verdict;
    if (verdict === null || verdict.bucket === null || this.#settings === null) return FilterHeadersStatus.Continue;
    const option = verdict.xRateLimitOption;
    if (option === headersOff || (option === 0 && !this.#settings.xRateLimitHeaders))
      return FilterHeadersStatus.Continue;
    const now = this.decoder.clock.monotonic();
    headers.set(limitHeader, String(verdict.bucket.maxTokens));
    headers.set(remainingHeader, String(verdict.bucket.remaining(now)));
    headers.set(resetHeader, secondsUntilNext(verdict, now));
    return FilterHeadersStatus.Continue;
  }

  #completeReply(settings: LocalRateLimitSettings, verdict: Verdict, response: ResponseHeaders): void {
    const { requestHeaders, streamInfo, clock } = this.decoder;
    settings.responseRules?.applyToResponse(response, requestHeaders, streamInfo);
    if (settings.retryAfterHeader) {
      // Shared buckets may have a token, but not enough of them.
      const seconds = secondsUntilNext(verdict, clock.monotonic());
      response.set(Names.retryAfter, seconds === '0' ? '1' : seconds);
    }
  }

  #describe(settings: LocalRateLimitSettings, headers: RequestHeaders): readonly RateLimitDescriptor[] {
    const found = this.decoder.route() as Route | null;
    const route = found?.kind === 'forward' ? found : null;
    const descriptors: RateLimitDescriptor[] = [];
    const { streamInfo, randomValue } = this.decoder;
    const add = (limits: RateLimits): void => {
      for (const limit of limits) {
        if (limit.stage !== settings.stage) continue;
        const descriptor = limit.describe({ headers, streamInfo, randomValue, route });
        if (descriptor !== null) descriptors.push(descriptor);
      }
    };
    if (settings.rateLimits !== null) {
      add(settings.rateLimits);
      return descriptors;
    }
    const { own, virtualHost, includeVirtualHost } = route?.rateLimits ?? noLimits;
    add(own);
    if (virtualHost.length === 0) return descriptors;
    const mode = includeVirtualHost ? VirtualHostLimits.Include : settings.virtualHostLimits;
    if (mode === VirtualHostLimits.Include || (mode === VirtualHostLimits.Override && own.length === 0))
      add(virtualHost);
    return descriptors;
  }
}

const noLimits = { own: noRateLimits, virtualHost: noRateLimits, includeVirtualHost: false };

/** Until there is a token again, in whole seconds. */
function secondsUntilNext({ bucket }: Verdict, now: number): string {
  return String(Math.ceil((bucket?.untilNext(now) ?? 0) / 1000));
}
