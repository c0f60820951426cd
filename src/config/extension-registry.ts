// Owns the table of extensions: which type URL is served by which factory. Core looks factories up here and never
// imports an extension; the manifest (extensions/manifest.ts) fills it. Factories load when a configuration first
// names them (DESIGN 2): `preload` is the asynchronous step, after it every look-up is synchronous, so that a
// configuration is built and swapped in one turn of the event loop.

/** A kind of extension and, for the compiler, the type of its factories. Each layer defines its own in its api.ts. */
export interface ExtensionCategory<Factory> {
  /** Envoy's category name, e.g. `envoy.filters.http`. */
  readonly name: string;
  /** Never set: carries the type. */
  readonly factory?: Factory;
}

export function extensionCategory<Factory>(name: string): ExtensionCategory<Factory> {
  return { name };
}

export interface ExtensionEntry {
  /** Envoy's extension name, e.g. `envoy.filters.http.router`. */
  readonly name: string;
  readonly category: string;
  /** Full message names without `type.googleapis.com/`. */
  readonly typeNames: readonly string[];
  readonly status: 'stable' | 'alpha';
  /** Envoy's security posture: may it face peers that are not trusted? */
  readonly securityPosture:
    | 'robust_to_untrusted_downstream'
    | 'robust_to_untrusted_downstream_and_upstream'
    | 'requires_trusted_downstream_and_upstream'
    | 'unknown';
  load(): Promise<{ readonly factory: unknown }>;
}

export class ExtensionRegistry {
  readonly #entries: readonly ExtensionEntry[];
  readonly #byType = new Map<string, ExtensionEntry[]>();
  readonly #loaded = new Map<ExtensionEntry, unknown>();

  constructor(entries: readonly ExtensionEntry[]) {
    this.#entries = entries;
    for (const entry of entries) {
      for (const typeName of entry.typeNames) {
        const list = this.#byType.get(typeName);
        if (list === undefined) this.#byType.set(typeName, [entry]);
        else list.push(entry);
      }
    }
  }

  list(): readonly ExtensionEntry[] {
    return this.#entries;
  }

  /** Whether some extension takes this message (full name, no prefix). */
  knows(typeName: string): boolean {
    return this.#byType.has(typeName);
  }

  /** Loads the factories for the types that are extensions; other names are passed over. */
  async preload(typeNames: Iterable<string>): Promise<void> {
    const loads: Promise<void>[] = [];
    for (const typeName of typeNames) {
      for (const entry of this.#byType.get(typeName) ?? []) {
        if (!this.#loaded.has(entry)) loads.push(this.#load(entry));
      }
    }
    await Promise.all(loads);
  }

  async #load(entry: ExtensionEntry): Promise<void> {
    const module = await entry.load();
    this.#loaded.set(entry, module.factory);
  }

  /** The factory for a message type within a category; undefined when none is known. Call `preload` first. */
  get<Factory>(category: ExtensionCategory<Factory>, typeName: string): Factory | undefined {
    for (const entry of this.#byType.get(typeName) ?? []) {
      if (entry.category === category.name) return this.#loaded.get(entry) as Factory | undefined;
    }
    return undefined;
  }
}
