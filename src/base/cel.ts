// Owns the CEL library, loaded when a configuration first holds an expression: a proxy without one does without its
// memory, as with re2 (re2.ts). Whoever reads a configuration calls `loadCel` when it meets an expression; whoever makes
// things from it afterwards asks `loadedCel`.
import type * as cel from '@bufbuild/cel';
import type { strings } from '@bufbuild/cel/ext';

export interface Cel {
  readonly library: typeof cel;
  /** The functions of CEL's extension for strings. */
  readonly stringFunctions: typeof strings;
}

let loaded: Cel | null = null;

export async function loadCel(): Promise<Cel> {
  if (loaded === null) {
    const [library, extensions] = await Promise.all([import('@bufbuild/cel'), import('@bufbuild/cel/ext')]);
    loaded = { library, stringFunctions: extensions.strings };
  }
  return loaded;
}

/** Null before `loadCel` has ended. */
export function loadedCel(): Cel | null {
  return loaded;
}
