// Owns how long to wait before another attempt: a random part of an interval that doubles, or what the upstream asked for.
import type { HeaderMap } from '../http/headers/header-map.ts';
import type { NameInfo } from '../http/headers/name.ts';
import type { RateLimitedBackOff, RetryPolicy } from './api.ts';

/** `retry`: 1 for the first. `runtimeBaseMs`: the base of policies that have none of their own. Full jitter: anything up to (2^retry - 1) times the base. */
export function exponentialDelayMs(
  policy: RetryPolicy,
  retry: number,
  fraction: number,
  runtimeBaseMs?: number,
): number {
  const own = policy.backOffIsOwn === true || runtimeBaseMs === undefined;
  const base = own ? policy.backOffBaseMs : runtimeBaseMs;
  const ceiling = Math.min(own ? policy.backOffMaxMs : base * 10, base * (2 ** retry - 1));
  return Math.floor(fraction * ceiling);
}

/** What the response asks for by one of the headers, in milliseconds; 0 where none of them is there and within the limit. */
export function askedIntervalMs(config: RateLimitedBackOff, headers: HeaderMap, wallMs: number): number {
  for (const { name, isTimestamp } of config.headers) {
    const seconds = wholeNumber(headers, name);
    if (seconds === undefined) continue;
    const asked = (isTimestamp ? seconds - Math.floor(wallMs / 1000) : seconds) * 1000;
    if (asked >= 0 && asked <= config.maxMs) return asked;
  }
  return 0;
}

/** At least what was asked for and up to half more, so that not all come back at the same moment. */
export function rateLimitedDelayMs(askedMs: number, fraction: number): number {
  return askedMs + Math.floor(fraction * (askedMs / 2));
}

function wholeNumber(headers: HeaderMap, name: NameInfo): number | undefined {
  const value = headers.get(name);
  return value !== undefined && /^\d{1,15}$/.test(value) ? Number(value) : undefined;
}
