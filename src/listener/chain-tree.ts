// Owns the choice of a filter chain by a matcher tree (Listener.filter_chain_matcher), and what such trees look at besides what
// there is of any connection.
import type { Address } from '../base/address.ts';
import type { ConnectionData, MatchNode } from '../matchers/api.ts';
import type { AcceptedConnection } from './accepted-connection.ts';
import { isLocal } from './filter-chain-match.ts';

/** A connection that has no filter chain yet, in the form in which trees look at connections. */
export class ChainChoice implements ConnectionData {
  readonly accepted: AcceptedConnection;

  constructor(accepted: AcceptedConnection) {
    this.accepted = accepted;
  }

  get streamInfo(): ConnectionData['streamInfo'] {
    const { localAddress, directRemoteAddress, serverName, remoteAddress, dynamicMetadata, filterState } =
      this.accepted;
    return {
      connection: { localAddress, directRemoteAddress, requestedServerName: serverName, tls: null },
      downstreamRemoteAddress: remoteAddress satisfies Address,
      dynamicMetadata,
      filterState,
    };
  }
}

export class ChainTree {
  readonly #tree: MatchNode<ChainChoice, string>;
  readonly #byName: ReadonlyMap<string, number>;
  readonly #fallback: number;

  /** `fallback`: index of the default filter chain, -1 without one. */
  constructor(tree: MatchNode<ChainChoice, string>, byName: ReadonlyMap<string, number>, fallback: number) {
    this.#tree = tree;
    this.#byName = byName;
    this.#fallback = fallback;
  }

  /** Index of the chain, -1 for none: also where the tree names one that there is not, as in Envoy. */
  match(accepted: AcceptedConnection): number {
    const name = this.#tree.find(new ChainChoice(accepted));
    return typeof name === 'string' ? (this.#byName.get(name) ?? -1) : this.#fallback;
  }
}

interface ChoiceInput {
  readonly kind: 'text';
  value(choice: ChainChoice): string | null;
}

export const transportProtocolInput: ChoiceInput = {
  kind: 'text',
  value: ({ accepted }) => accepted.transportProtocol,
};

/** All of them in the client's order, each in quotation marks. */
export const applicationProtocolInput: ChoiceInput = {
  kind: 'text',
  value: ({ accepted: { applicationProtocols } }) =>
    applicationProtocols.length === 0 ? null : applicationProtocols.map((protocol) => `'${protocol}'`).join(','),
};

export const sourceTypeInput: ChoiceInput = {
  kind: 'text',
  value: ({ accepted }) => (isLocal(accepted) ? 'local' : null),
};
