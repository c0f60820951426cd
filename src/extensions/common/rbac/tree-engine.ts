// Owns the decision by a matcher tree: the action it finds. Without one nothing is allowed.
import type { StreamInfo } from '../../../http/filter/api.ts';
import type { HeaderMap } from '../../../http/headers/api.ts';
import type { MatchNode, RequestData } from '../../../matchers/api.ts';
import { detailsOf, type RbacAction, type RbacDecision, type RbacEngine } from './engine.ts';

/** The leaf of a tree. */
export interface NamedAction {
  readonly name: string;
  readonly action: RbacAction;
}

export class TreeEngine implements RbacEngine {
  readonly decisions: readonly RbacDecision[];
  readonly #tree: MatchNode<RequestData, NamedAction>;
  readonly #found: ReadonlyMap<NamedAction, RbacDecision>;
  readonly #unmatched: RbacDecision = {
    name: null,
    allowed: false,
    logHint: null,
    details: detailsOf('none'),
    cause: 'the rbac matcher has no action for it',
  };

  /** `actions` are all of the tree. */
  constructor(tree: MatchNode<RequestData, NamedAction>, actions: readonly NamedAction[]) {
    this.#tree = tree;
    // As Envoy: where one action logs, all of them say whether they do.
    const logs = actions.some(({ action }) => action === 'log');
    this.#found = new Map(
      actions.map((leaf) => [
        leaf,
        {
          name: leaf.name,
          allowed: leaf.action !== 'deny',
          logHint: logs ? leaf.action === 'log' : null,
          details: detailsOf(leaf.name),
          cause: `the rbac action '${leaf.name}' denies it`,
        },
      ]),
    );
    this.decisions = [...this.#found.values(), this.#unmatched];
  }

  decide(streamInfo: StreamInfo, headers: HeaderMap): RbacDecision {
    const found = this.#tree.find({ streamInfo, headers }) ?? null;
    return found === null ? this.#unmatched : (this.#found.get(found) ?? this.#unmatched);
  }
}
