// Owns the choice of a filter chain for a connection, in Envoy's order of criteria. At each step the most specific
// candidates stay and there is no way back: a chain that matches the port exactly wins over one for any port, even if
// it then fails on the source address.
// Source: https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/listener/v3/listener_components.proto#config-listener-v3-filterchainmatch
import type { IpAddress } from '../base/address.ts';
import { addressBits } from '../base/cidr.ts';
import type { AddressRange } from '../matchers/api.ts';

/** One chain's criteria; an empty list or null says: any. */
export interface FilterChainCriteria {
  readonly destinationPort: number | null;
  readonly destinationPrefixes: readonly AddressRange[];
  /** In lower case; `*.example.com` as `.example.com`. */
  readonly serverNames: readonly string[];
  readonly transportProtocol: string;
  readonly applicationProtocols: readonly string[];
  readonly directSourcePrefixes: readonly AddressRange[];
  readonly sourceType: 'any' | 'local' | 'external';
  readonly sourcePrefixes: readonly AddressRange[];
  readonly sourcePorts: readonly number[];
}

/** What is known of a connection when its chain is chosen. Addresses are null for Unix sockets. */
export interface ConnectionFacts {
  readonly destination: IpAddress | null;
  readonly source: IpAddress | null;
  readonly directSource: IpAddress | null;
  readonly serverName: string;
  readonly transportProtocol: string;
  readonly applicationProtocols: readonly string[];
}

interface Candidate {
  readonly criteria: FilterChainCriteria;
  readonly index: number;
}

export class FilterChainMatcher {
  readonly #candidates: readonly Candidate[];
  /** The index that every connection gets; undefined when there is something to look at. */
  readonly #only: number | undefined;
  readonly #fallback: number;

  /** `fallback`: index of the default filter chain, -1 without one. */
  constructor(criteria: readonly FilterChainCriteria[], fallback: number) {
    this.#candidates = criteria.map((entry, index) => ({ criteria: entry, index }));
    this.#fallback = fallback;
    const first = criteria[0];
    this.#only =
      criteria.length === 0
        ? fallback
        : criteria.length === 1 && first !== undefined && matchesAll(first)
          ? 0
          : undefined;
  }

  /** Index of the chain, -1 for none. */
  match(facts: ConnectionFacts): number {
    if (this.#only !== undefined) return this.#only;
    let left = this.#candidates;
    const { destination, source, directSource } = facts;
    left = prefer(left, (c) => (c.destinationPort === null ? 0 : destination?.port === c.destinationPort ? 1 : -1));
    left = prefer(left, (c) => prefixScore(c.destinationPrefixes, destination));
    left = prefer(left, (c) => serverNameScore(c.serverNames, facts.serverName));
    left = prefer(left, (c) =>
      c.transportProtocol === '' ? 0 : c.transportProtocol === facts.transportProtocol ? 1 : -1,
    );
    left = prefer(left, (c) => protocolScore(c.applicationProtocols, facts.applicationProtocols));
    left = prefer(left, (c) => prefixScore(c.directSourcePrefixes, directSource));
    left = prefer(left, (c) => sourceTypeScore(c.sourceType, facts));
    left = prefer(left, (c) => prefixScore(c.sourcePrefixes, source));
    left = prefer(left, (c) =>
      c.sourcePorts.length === 0 ? 0 : source !== null && c.sourcePorts.includes(source.port) ? 1 : -1,
    );
    return left[0]?.index ?? this.#fallback;
  }
}

function matchesAll(c: FilterChainCriteria): boolean {
  return (
    c.destinationPort === null &&
    c.destinationPrefixes.length === 0 &&
    c.serverNames.length === 0 &&
    c.transportProtocol === '' &&
    c.applicationProtocols.length === 0 &&
    c.directSourcePrefixes.length === 0 &&
    c.sourceType === 'any' &&
    c.sourcePrefixes.length === 0 &&
    c.sourcePorts.length === 0
  );
}

/** Those with the highest score; below zero does not match. */
function prefer(
  candidates: readonly Candidate[],
  score: (criteria: FilterChainCriteria) => number,
): readonly Candidate[] {
  let best = 0;
  let kept: Candidate[] = [];
  for (const candidate of candidates) {
    const value = score(candidate.criteria);
    if (value < best) continue;
    if (value > best) {
      best = value;
      kept = [];
    }
    kept.push(candidate);
  }
  return kept;
}

/** Longest matching prefix plus one; 0 for any. */
function prefixScore(prefixes: readonly AddressRange[], address: IpAddress | null): number {
  if (prefixes.length === 0) return 0;
  if (address === null) return -1;
  const bits = addressBits(address.address);
  if (bits === null) return -1;
  let best = -1;
  for (const prefix of prefixes) {
    if (prefix.family !== address.family) continue;
    const shift = BigInt((prefix.family === 4 ? 32 : 128) - prefix.length);
    if (bits >> shift === prefix.bits >> shift) best = Math.max(best, prefix.length + 1);
  }
  return best;
}

/** Exact beats the longest wildcard beats any, which an empty name says too. */
function serverNameScore(names: readonly string[], serverName: string): number {
  if (names.length === 0) return 0;
  let best = -1;
  for (const name of names) {
    if (name === '') best = Math.max(best, 0);
    else if (name === serverName) return 1000;
    if (name.startsWith('.') && serverName.endsWith(name)) best = Math.max(best, name.length);
  }
  return best;
}

function protocolScore(wanted: readonly string[], offered: readonly string[]): number {
  if (wanted.length === 0) return 0;
  // The client's first protocol that a chain names decides, so an earlier one scores higher.
  for (const [index, protocol] of offered.entries()) if (wanted.includes(protocol)) return offered.length - index;
  return wanted.includes('') ? 0 : -1;
}

function sourceTypeScore(type: FilterChainCriteria['sourceType'], facts: ConnectionFacts): number {
  if (type === 'any') return 0;
  return isLocal(facts) === (type === 'local') ? 1 : -1;
}

/** As Envoy: of the loopback network only the first address; a Unix socket; a client on the address that it called. */
export function isLocal({ source, destination }: Pick<ConnectionFacts, 'source' | 'destination'>): boolean {
  if (source === null || source.address === '127.0.0.1' || source.address === '::1') return true;
  return source.address === destination?.address;
}
