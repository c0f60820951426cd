// Owns the metadata that a host must carry to take a request (metadata_match, and the request's own under `envoy.lb`),
// made ready to be compared: one text for all of it, so that a balancer finds a subset by a single look-up.

/** The metadata namespace that load balancing reads, of routes, requests and hosts. */
export const loadBalancingMetadata = 'envoy.lb';

type Fields = Readonly<Record<string, unknown>>;

export interface MetadataCriterion {
  readonly name: string;
  readonly value: unknown;
}

/** Equal values have equal texts, others never: objects count by content, whatever the order of their fields. */
export function metadataValueText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(metadataValueText).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const fields = Object.entries(value).sort(byName);
  return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${metadataValueText(field)}`).join()}}`;
}

function byName([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

export function criterionText({ name, value }: MetadataCriterion): string {
  return `${JSON.stringify(name)}:${metadataValueText(value)}`;
}

/** Of sorted names; equal to `MetadataMatchCriteria.namesText` of criteria with these names. */
export function namesText(names: readonly string[]): string {
  return names.map((name) => JSON.stringify(name)).join();
}

/** Immutable. What is asked for again and again is worked out once. */
export class MetadataMatchCriteria {
  /** By name, in the order of names. */
  readonly #fields: ReadonlyMap<string, unknown>;
  /** What tells these criteria from others. */
  readonly text: string;
  #names: string | null = null;
  #fallbacks: readonly MetadataMatchCriteria[] | null | undefined;
  /** By list of names, which balancers keep: an entry goes with its balancer. */
  #narrowed: WeakMap<readonly string[], MetadataMatchCriteria> | null = null;

  private constructor(fields: [string, unknown][]) {
    this.#fields = new Map(fields.sort(byName));
    this.text = [...this.#fields].map(([name, value]) => criterionText({ name, value })).join();
  }

  static of(fields: Fields): MetadataMatchCriteria {
    return new MetadataMatchCriteria(Object.entries(fields));
  }

  get namesText(): string {
    this.#names ??= namesText([...this.#fields.keys()]);
    return this.#names;
  }

  hasAll(names: readonly string[]): boolean {
    for (let i = 0; i < names.length; i++) if (!this.#fields.has(names[i] as string)) return false;
    return true;
  }

  /** With these laid over its own. */
  merge(fields: Fields): MetadataMatchCriteria {
    return new MetadataMatchCriteria([...new Map([...this.#fields, ...Object.entries(fields)])]);
  }

  /** Those with these names alone. */
  narrow(names: readonly string[]): MetadataMatchCriteria {
    this.#narrowed ??= new WeakMap();
    let narrowed = this.#narrowed.get(names);
    if (narrowed === undefined) {
      narrowed = new MetadataMatchCriteria([...this.#fields].filter(([name]) => names.includes(name)));
      this.#narrowed.set(names, narrowed);
    }
    return narrowed;
  }

  /** What `fallback_list` asks for, in order, each laid over the rest; null without such a list. */
  get fallbacks(): readonly MetadataMatchCriteria[] | null {
    if (this.#fallbacks === undefined) this.#fallbacks = this.#readFallbacks();
    return this.#fallbacks;
  }

  #readFallbacks(): MetadataMatchCriteria[] | null {
    if (!this.#fields.has('fallback_list')) return null;
    const list = this.#fields.get('fallback_list');
    const rest = new MetadataMatchCriteria([...this.#fields].filter(([name]) => name !== 'fallback_list'));
    // As in Envoy what is no list is as good as an empty one.
    if (!Array.isArray(list) || list.length === 0) return [rest];
    return list.map((fields: unknown) =>
      rest.merge(typeof fields === 'object' && fields !== null ? { ...fields } : {}),
    );
  }
}
