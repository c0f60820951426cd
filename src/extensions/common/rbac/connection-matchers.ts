// Owns the tests of what is known without HTTP: addresses, ports, the server name, the peer's identity.
import type { Address } from '../../../base/address.ts';
import type { CidrRange } from '../../../base/cidr.ts';
import type { StreamInfo } from '../../../http/filter/api.ts';
import type { StringMatcher } from '../../../matchers/api.ts';
import type { RbacMatcher } from './matcher.ts';

type AddressReader = (info: StreamInfo) => Address;

export const addressOf = {
  /** Where the connection arrived. */
  destination: (info: StreamInfo): Address => info.connection.localAddress,
  /** The client as trusted headers say. */
  remote: (info: StreamInfo): Address => info.downstreamRemoteAddress,
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
 * A peer that showed a certificate. Without TLS nobody did: this never matches. With TLS (issue 5) `name` is held against
 * the certificate's URI names, then its DNS names, then its subject; null takes any peer that is on TLS.
 */
export class AuthenticatedMatcher implements RbacMatcher {
  readonly name: StringMatcher | null;

  constructor(name: StringMatcher | null) {
    this.name = name;
  }

  matches(_info: StreamInfo): boolean {
    return false;
  }
}

/**
 * The upstream's address, where a filter found it before the router does (dynamic forward proxy). No filter does so yet:
 * this never matches. `ports` are from `start` up to and with `end`.
 */
export class UpstreamMatcher implements RbacMatcher {
  readonly range: CidrRange | null;
  readonly ports: { readonly start: number; readonly end: number } | null;

  constructor(range: CidrRange | null, ports: { readonly start: number; readonly end: number } | null) {
    this.range = range;
    this.ports = ports;
  }

  matches(_info: StreamInfo): boolean {
    return false;
  }
}

/** One of the certificate's alternative names. */
export interface AlternativeName {
  /** envoy.extensions.transport_sockets.tls.v3.SubjectAltNameMatcher.SanType. */
  readonly sanType: number;
  readonly oid: string;
  readonly name: StringMatcher;
}

/**
 * A peer whose certificate was validated. Without TLS nobody's was: this never matches. With TLS (issue 5) `san` is held
 * against the certificate's names; null takes any that is valid.
 */
export class MtlsMatcher implements RbacMatcher {
  readonly san: AlternativeName | null;

  constructor(san: AlternativeName | null) {
    this.san = san;
  }

  matches(_info: StreamInfo): boolean {
    return false;
  }
}
