// What a DNS cache is made from: frozen plain data, compared by value.
import type { DnsFamily, DnsResolverConfig } from '../../../upstream/cluster-type/api.ts';

export interface DeniedAddresses {
  /** `ADDRESS/LENGTH`. */
  readonly ranges: readonly string[];
  /** Those outside the ranges are denied. */
  readonly inverted: boolean;
}

export interface DnsCacheSettings {
  readonly name: string;
  readonly family: DnsFamily;
  /** Between queries for a name without addresses. */
  readonly refreshMs: number;
  /** Lower bound for what a TTL asks for. */
  readonly minRefreshMs: number;
  /** A name that nobody has asked for this long goes. */
  readonly hostTtlMs: number;
  readonly maxHosts: number;
  /** Exponential back-off between failures; null: `refreshMs`. */
  readonly failureRefresh: { readonly baseMs: number; readonly maxMs: number } | null;
  /** False: a name whose query failed goes at once, and is asked for anew by the next request. */
  readonly refreshOnFailure: boolean;
  /** Requests that may wait for names. */
  readonly maxPending: number;
  /** 0: the resolver's own. */
  readonly queryTimeoutMs: number;
  readonly preresolve: readonly { readonly host: string; readonly port: number }[];
  /** Addresses that nobody may be sent to; null: all are good. */
  readonly denied: DeniedAddresses | null;
  /** Null: the process's default. */
  readonly resolver: DnsResolverConfig | null;
}
