// Works out how many hits a request counts for, where a format says so.
import { contextWithoutResponse, type Formatter } from '../../observability/access-log/api.ts';
import type { RateLimitRequest } from './descriptor.ts';

/** Envoy's limit for one request. */
const maxHits = 1_000_000_000;

/** One hit where the format gives no number. */
export function formatHits(format: Formatter, { headers, streamInfo }: RateLimitRequest): number {
  const text = format.format(contextWithoutResponse(streamInfo, headers));
  const hits = text === '' ? Number.NaN : Number(text);
  return Number.isInteger(hits) && hits >= 0 && hits <= maxHits ? hits : 1;
}
