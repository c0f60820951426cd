// Owns the question what OpenSSL made of a peer's chain, whether or not that was asked for.
import type { TLSSocket } from 'node:tls';

export type ChainError = Error & { readonly code?: string };

interface WithVerifyError {
  readonly _handle?: { verifyError?(): ChainError | null } | null;
}

/** Its last finding; null when it trusts the chain. A socket that cannot be asked is not trusted. */
export function chainError(socket: TLSSocket): ChainError | null {
  const found = (socket as unknown as WithVerifyError)._handle?.verifyError?.();
  return found === undefined ? new Error('the chain cannot be judged') : found;
}
