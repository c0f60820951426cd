// Owns the rule of DESIGN 4: a request that died with a keep-alive connection which the upstream closed just as the
// request went out on it may go out once more on a fresh one, without any retry policy; and so may one that the upstream says
// it did not hear (RFC 9113 section 6.8).
import { Protocol, ResetReason } from '../http/codec/api.ts';
import type { RequestHeaders } from '../http/headers/header-map.ts';

/** RFC 9110 section 9.2.2: doing it twice is doing it once. */
const idempotent: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);

export function isIdempotent(method: string): boolean {
  return idempotent.has(method);
}

/**
 * The connection had carried another request, and not one byte of a response came: most likely the upstream's idle close.
 * Where nothing has left yet even a POST may go out elsewhere.
 */
export function mayReplay(attempt: ReplayedAttempt, reason: ResetReason, headers: RequestHeaders): boolean {
  if (attempt.responseStarted || headers.protocol !== '') return false;
  if (attempt.unheard) return true;
  if (!attempt.reused) return false;
  // On HTTP/1 a reset is the connection's.
  const ended = reason === ResetReason.RemoteReset && attempt.info.protocol < Protocol.Http2;
  if (reason !== ResetReason.ConnectionTermination && !ended) return false;
  return isIdempotent(headers.method) || attempt.unsent;
}

export interface ReplayedAttempt {
  readonly reused: boolean;
  readonly info: { readonly protocol: number };
  readonly unheard: boolean;
  readonly responseStarted: boolean;
  readonly unsent: boolean;
}
