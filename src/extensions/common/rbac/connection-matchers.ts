// Owns the tests of what is known without HTTP: addresses, ports, the server name, the peer's identity.
import type { Address } from '../../../base/address.ts';
import { toByteString } from '../../../base/byte-string.ts';
import type { CidrRange } from '../../../base/cidr.ts';
import { dnsNameMatches } from '../../../base/dns-name.ts';
import type { CertificateInfo, StreamInfo } from '../../../http/filter/api.ts';
import type { StringMatcher } from '../../../matchers/api.ts';
import { savedUpstreamAddress } from '../dynamic-forward-proxy/filter-state.ts';
import type { RbacMatcher } from './matcher.ts';

type AddressReader = (info: StreamInfo) => Address;

export const addressOf = {
  /** Where the connection arrived. */
  destination: (info: StreamInfo): Address => info.connection.localAddress,
  /** The client as trusted headers say. */
  remote: (info: StreamInfo): Address => info.downstreamRemoteAddress,
  /** The connection's client, as the PROXY protocol may say. */
  source: (info: StreamInfo): Address => info.connection.remoteAddress ?? info.connection.directRemoteAddress,
  /** The peer of the connection. */
  directRemote: (info: StreamInfo): Address => info.connection.directRemoteAddress,
} as const satisfies Record<string, AddressReader>;

/** Addresses that are not IP ones are in no range. */
export class IpMatcher implements RbacMatcher {
  readonly #read: AddressReader;
  readonly #range: CidrRange;
  /** The requests of one connection ask the same again and again. */
  #lastAddress = '';
  #lastAnswer = false;

  constructor(read: AddressReader, range: CidrRange) {
    this.#read = read;
    this.#range = range;
  }

  matches(info: StreamInfo): boolean {
    const address = this.#read(info);
    if (address.kind !== 'ip') return false;
    if (address.address !== this.#lastAddress) {
      this.#lastAddress = address.address;
      this.#lastAnswer = this.#range.contains(address.address);
    }
    return this.#lastAnswer;
  }
}

/** Ports from `start` up to, not including, `end`. */
export class PortRangeMatcher implements RbacMatcher {
  readonly #start: number;
  readonly #end: number;

  constructor(start: number, end: number) {
    this.#start = start;
    this.#end = end;
  }

  matches(info: StreamInfo): boolean {
    const address = info.connection.localAddress;
    return address.kind === 'ip' && address.port >= this.#start && address.port < this.#end;
  }
}

export class ServerNameMatcher implements RbacMatcher {
  readonly #name: StringMatcher;

  constructor(name: StringMatcher) {
    this.#name = name;
  }

  matches(info: StreamInfo): boolean {
    return this.#name.matches(info.connection.requestedServerName);
  }
}

/**
 * A peer on TLS, with a certificate or without. With `name` one of the certificate's URI names must match, or one of its DNS
 * names, or its subject.
 */
export class AuthenticatedMatcher implements RbacMatcher {
  readonly #name: StringMatcher | null;

  constructor(name: StringMatcher | null) {
    this.#name = name;
  }

  matches(info: StreamInfo): boolean {
    const { tls } = info.connection;
    if (tls === null) return false;
    const name = this.#name;
    if (name === null) return true;
    const { peer } = tls;
    if (peer === undefined) return name.matches('');
    return anyMatches(name, peer.uriSans) || anyMatches(name, peer.dnsSans) || name.matches(toByteString(peer.subject));
  }
}

function anyMatches(name: StringMatcher, candidates: readonly string[]): boolean {
  for (let i = 0; i < candidates.length; i++) if (name.matches(toByteString(candidates[i] as string))) return true;
  return false;
}

/** The upstream's address, where a dynamic forward proxy has left it (save_upstream_address). `ports` are from `start` up to and with `end`. */
export class UpstreamMatcher implements RbacMatcher {
  readonly range: CidrRange | null;
  readonly ports: { readonly start: number; readonly end: number } | null;

  constructor(range: CidrRange | null, ports: { readonly start: number; readonly end: number } | null) {
    this.range = range;
    this.ports = ports;
  }

  matches(info: StreamInfo): boolean {
    const address = savedUpstreamAddress(info);
    if (address?.kind !== 'ip') return false;
    const { range, ports } = this;
    if (range !== null && !range.contains(address.address)) return false;
    return ports === null || (address.port >= ports.start && address.port <= ports.end);
  }
}

/** One of the certificate's alternative names. */
export interface AlternativeName {
  readonly kind: 'email' | 'dns' | 'uri' | 'ip' | 'other';
  /** Of an other name: its type. */
  readonly oid: string;
  readonly name: StringMatcher;
  /** A DNS name in full: the certificate's may hold a wildcard. */
  readonly exactDns: string | null;
}

/** A peer whose certificate is validated; null takes any that is. */
export class MtlsMatcher implements RbacMatcher {
  readonly #san: AlternativeName | null;

  constructor(san: AlternativeName | null) {
    this.#san = san;
  }

  matches(info: StreamInfo): boolean {
    const { tls } = info.connection;
    if (tls?.peer === undefined || tls.peerValidated !== true) return false;
    return this.#san === null || hasName(tls.peer, this.#san);
  }
}

function hasName(peer: CertificateInfo, { kind, oid, name, exactDns }: AlternativeName): boolean {
  switch (kind) {
    case 'email':
      return anyMatches(name, peer.emailSans);
    case 'uri':
      return anyMatches(name, peer.uriSans);
    case 'ip':
      return anyMatches(name, peer.ipSans);
    case 'dns':
      return exactDns === null
        ? anyMatches(name, peer.dnsSans)
        : peer.dnsSans.some((pattern) => dnsNameMatches(exactDns, pattern));
    case 'other':
      return peer.otherNameSans.some(
        (value, index) => peer.otherNameTypes[index] === oid && name.matches(toByteString(value)),
      );
  }
}
