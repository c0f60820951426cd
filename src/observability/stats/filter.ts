// Owns the `filter` of /stats: RE2's syntax and meaning, found anywhere in the name. re2js is loaded by the first request
// that filters (1.5 MB, DESIGN 3.8).
import { compileRe2, loadRe2, RegexError } from '../../base/re2.ts';

export type NameFilter = (name: string) => boolean;

export type CompiledFilter = { readonly filter: NameFilter } | { readonly error: string };

/** `invert`: names that do not match (invert_filter). */
export async function compileNameFilter(pattern: string, invert = false): Promise<CompiledFilter> {
  const re2 = await loadRe2();
  try {
    const compiled = compileRe2(re2, pattern);
    return { filter: (name) => compiled.test(name) !== invert };
  } catch (error) {
    if (!(error instanceof RegexError)) throw error;
    const reason = error.message.replace(/: `(.*)`$/s, ': $1');
    return { error: `Invalid re2 regex: ${reason}` };
  }
}
