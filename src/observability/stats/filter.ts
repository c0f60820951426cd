// Owns the `filter` of /stats: RE2's syntax and meaning, found anywhere in the name. re2js is loaded by the first request
// that filters (1.5 MB, DESIGN 3.8).

export type NameFilter = (name: string) => boolean;

export type CompiledFilter = { readonly filter: NameFilter } | { readonly error: string };

/** `invert`: names that do not match (invert_filter). */
export async function compileNameFilter(pattern: string, invert = false): Promise<CompiledFilter> {
  const { RE2JS, RE2JSException } = await import('re2js');
  try {
    const compiled = RE2JS.compile(pattern);
    return { filter: (name) => compiled.test(name) !== invert };
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    const reason = error.message.replace(/^error parsing regexp: /, '').replace(/: `(.*)`$/s, ': $1');
    return { error: `Invalid re2 regex: ${reason}` };
  }
}
