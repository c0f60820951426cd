// Owns what a session is hashed by, for balancers that go by a hash (of which there is none yet). The number is Envoy's.
import { xxHash64 } from '../../../../base/xxhash64.ts';

/** By the client's address, without its port, or by the same text for all. */
export type HashPolicy = { readonly kind: 'source-ip' } | { readonly kind: 'key'; readonly key: string };

/** `source`: the client's IP address. */
export function hashOf(policy: HashPolicy, source: string): bigint {
  return xxHash64(policy.kind === 'key' ? policy.key : source, 0n);
}
