// Owns resolution through the system's getaddrinfo: what /etc/nsswitch.conf says, on a thread of libuv's pool, without
// TTLs. Chosen by typed_dns_resolver_config (envoy.network.dns_resolver.getaddrinfo).
import type { LookupAddress } from 'node:dns';
import type { DnsAddress, DnsCallbacks, DnsFamily, DnsQuery, DnsResolver } from './dns.ts';
import { inPreference } from './dns-family.ts';

class Lookup implements DnsQuery {
  #callbacks: DnsCallbacks | null;

  constructor(name: string, family: DnsFamily, callbacks: DnsCallbacks) {
    this.#callbacks = callbacks;
    const only = family === 'v4_only' ? 4 : family === 'v6_only' ? 6 : 0;
    const { lookup } = process.getBuiltinModule('node:dns');
    lookup(name, { all: true, family: only, order: 'verbatim' }, (error, found) => this.#done(error, found, family));
  }

  cancel(): void {
    this.#callbacks = null;
  }

  #done(error: NodeJS.ErrnoException | null, found: LookupAddress[] | undefined, family: DnsFamily): void {
    const callbacks = this.#callbacks;
    this.#callbacks = null;
    if (callbacks === null) return;
    if (error !== null && error.code !== 'ENOTFOUND') {
      callbacks.onResolved({ status: 'failure', details: `getaddrinfo: ${error.code ?? error.message}` });
      return;
    }
    const addresses: DnsAddress[] = (found ?? []).map(({ address, family: version }) => ({
      address,
      family: version === 6 ? 6 : 4,
      ttl: 0,
    }));
    const details = addresses.length === 0 ? 'the name does not exist or has no address' : '';
    callbacks.onResolved({ status: 'completed', addresses: inPreference(addresses, family), details });
  }
}

export const getaddrinfoResolver: DnsResolver = {
  resolve: (name, family, callbacks) => new Lookup(name, family, callbacks),
};
