// Owns what selectors say about requests: which keys of a request count, and where it goes when no subset fits.
import { type MetadataMatchCriteria, namesText } from '../../../upstream/api.ts';
import type { SelectorConfig } from './subset-config.ts';

export class SelectorTable {
  /** By `MetadataMatchCriteria.namesText`. Null: the policy's own fallback. */
  readonly #fallbacks = new Map<string, SelectorConfig | null>();
  /** Where requests may have redundant keys: the selectors with most keys first. */
  readonly #bySize: readonly SelectorConfig[] | null;

  constructor(selectors: readonly SelectorConfig[], redundantKeys: boolean) {
    const inOrder = redundantKeys ? selectors.toSorted((a, b) => b.keys.length - a.keys.length) : selectors;
    this.#bySize = redundantKeys ? inOrder.filter(({ keys }) => keys.length > 0) : null;
    for (const selector of inOrder) this.#add(selector);
  }

  /** As in Envoy the fallback of a selector has no effect where the keys of one before it begin with all of its own. */
  #add(selector: SelectorConfig): void {
    for (let count = 1; count <= selector.keys.length; count++) {
      const text = namesText(selector.keys.slice(0, count));
      if (this.#fallbacks.has(text)) continue;
      const own = count === selector.keys.length && selector.fallback !== null;
      this.#fallbacks.set(text, own ? selector : null);
    }
  }

  /** The criteria that count: without the keys that are redundant, where there may be some. */
  effective(criteria: MetadataMatchCriteria): MetadataMatchCriteria {
    const selectors = this.#bySize;
    if (selectors === null) return criteria;
    for (let i = 0; i < selectors.length; i++) {
      const { keys } = selectors[i] as SelectorConfig;
      if (criteria.hasAll(keys)) return criteria.narrow(keys);
    }
    return criteria;
  }

  /** The selector whose fallback these criteria take; null: the policy's own. */
  fallbackFor(criteria: MetadataMatchCriteria): SelectorConfig | null {
    return this.#fallbacks.get(criteria.namesText) ?? null;
  }
}
