// Owns the shape of name resolution and the choice of resolver; the resolvers themselves lie beside it and load when
// first used. Tests inject a fake `DnsResolver`.
import type { Address } from '../base/address.ts';

/** Envoy's DnsLookupFamily. `auto`: IPv6, and IPv4 when there is none; `v4_preferred`: the other way round; `all`: both. */
export type DnsFamily = 'auto' | 'v4_only' | 'v6_only' | 'v4_preferred' | 'all';

export interface DnsAddress {
  readonly address: string;
  readonly family: 4 | 6;
  /** Seconds; 0 when the resolver does not know (getaddrinfo, hosts file). */
  readonly ttl: number;
}

export type DnsResolution =
  /** `addresses` is empty when the name exists without addresses, or does not exist. */
  | {
      readonly status: 'completed';
      readonly addresses: readonly DnsAddress[];
      readonly details: string;
      readonly code?: string;
    }
  /** No answer: server unreachable, timeout, refused. `details` in words, `code` in Envoy's, for response-code details. */
  | { readonly status: 'failure'; readonly details: string; readonly code?: string };

export interface DnsCallbacks {
  /** Exactly once, never before `resolve` returned, not after `cancel`. */
  onResolved(resolution: DnsResolution): void;
}

export interface DnsQuery {
  cancel(): void;
}

export interface DnsResolver {
  resolve(name: string, family: DnsFamily, callbacks: DnsCallbacks): DnsQuery;
}

export type DnsResolverConfig =
  | {
      readonly kind: 'cares';
      /** Servers to ask instead of the system's; empty: the system's. */
      readonly servers: readonly Address[];
      /** `servers` are asked only when the system has none. */
      readonly serversAreFallback: boolean;
      /** Names are taken as they are, without the search domains of resolv.conf. */
      readonly noSearchDomains: boolean;
      /** Milliseconds of the first try; c-ares' own when undefined. */
      readonly queryTimeoutMs: number | undefined;
      readonly queryTries: number | undefined;
    }
  | { readonly kind: 'getaddrinfo' };

export const defaultDnsResolverConfig: DnsResolverConfig = {
  kind: 'cares',
  servers: [],
  serversAreFallback: false,
  noSearchDomains: false,
  queryTimeoutMs: undefined,
  queryTries: undefined,
};
