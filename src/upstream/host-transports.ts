// Owns which transport socket the connections to a host have: the first of `transport_socket_matches` all of whose labels
// the endpoint has, else its locality, else the cluster's own.
import { isDeepStrictEqual } from 'node:util';
import type { MatchNode } from '../matchers/api.ts';
import type { UpstreamTransport } from '../network/api.ts';
import type { Counter, StatsScope } from '../observability/stats/api.ts';
import type { ClusterConfig, HostLabels, Metadata } from './cluster-config.ts';

/** The metadata namespace of the labels. */
const namespace = 'envoy.transport_socket_match';

interface OpenedMatch {
  readonly name: string;
  readonly labels: readonly (readonly [string, unknown])[];
  readonly transport: UpstreamTransport | null;
  readonly matched: Counter;
}

export class HostTransports {
  readonly #default: UpstreamTransport | null;
  readonly #defaultMatched: Counter;
  readonly #matches: readonly OpenedMatch[];
  readonly #tree: MatchNode<HostLabels, string> | null;
  /** Secrets that must be there before the cluster takes traffic. */
  readonly ready: Promise<unknown> | undefined;

  /** `scope`: the cluster's. */
  constructor(
    config: Pick<ClusterConfig, 'transport' | 'transportMatches' | 'transportMatcher'>,
    scope: StatsScope,
    defaultMatched: Counter,
  ) {
    this.#default = config.transport?.open(scope) ?? null;
    this.#defaultMatched = defaultMatched;
    this.#tree = config.transportMatcher?.tree ?? null;
    this.#matches = config.transportMatches.map(({ name, labels, transport }) => ({
      name,
      labels: Object.entries(labels),
      transport: transport?.open(scope) ?? null,
      matched: scope.counter(`${name}.total_match_count`),
    }));
    const waits = this.#all().flatMap((transport) => transport.ready ?? []);
    this.ready = waits.length === 0 ? undefined : Promise.all(waits);
  }

  /** Some of them tell hosts whose connection is forwarded. */
  get perDownstream(): boolean {
    return this.#all().some(({ perDownstream }) => perDownstream === true);
  }

  /** Counts what matched: asked once for each host, and again when its labels change. Null: bytes as they come. */
  resolve(metadata: Metadata, localityMetadata: Metadata): UpstreamTransport | null {
    if (this.#tree !== null) return this.#count(this.#byName(this.#tree.find({ metadata, localityMetadata })));
    for (const from of this.#matches.length === 0 ? [] : [metadata, localityMetadata]) {
      const own = from[namespace];
      const match = this.#matches.find(({ labels }) =>
        labels.every(([name, value]) => own !== undefined && isDeepStrictEqual(own[name], value)),
      );
      if (match !== undefined) return this.#count(match);
    }
    return this.#count(undefined);
  }

  #byName(name: string | null | undefined): OpenedMatch | undefined {
    return this.#matches.find((match) => match.name === name);
  }

  #count(match: OpenedMatch | undefined): UpstreamTransport | null {
    if (match === undefined) {
      this.#defaultMatched.inc();
      return this.#default;
    }
    match.matched.inc();
    return match.transport;
  }

  destroy(): void {
    for (const transport of this.#all()) transport.destroy?.();
  }

  #all(): UpstreamTransport[] {
    return [this.#default, ...this.#matches.map(({ transport }) => transport)].filter(
      (transport) => transport !== null,
    );
  }
}

/** Whether a host has the socket that it had: a tree may look at any of its metadata. */
export function sameLabels(a: Metadata, b: Metadata): boolean {
  return a === b || isDeepStrictEqual(a, b);
}
