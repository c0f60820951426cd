// Owns tags that configuration finds with an expression (stats_tags): RE2's syntax and meaning, by re2js.
import { compileRe2, loadRe2, RegexError } from '../../base/re2.ts';
import type { TagRule } from './tags.ts';

/** The first group goes from the name; the second, where there is one, is the value, otherwise the first. */
export async function regexTagRule(tag: string, pattern: string): Promise<TagRule | { readonly error: string }> {
  const re2 = await loadRe2();
  try {
    const compiled = compileRe2(re2, pattern);
    const groups = compiled.groupCount();
    if (groups === 0) return { tag, first: firstToken(pattern), extract: () => null };
    return {
      tag,
      first: firstToken(pattern),
      extract(name) {
        const matcher = compiled.matcher(name);
        if (!matcher.find()) return null;
        const start = matcher.start(1);
        if (start < 0) return null;
        const value = (groups > 1 ? matcher.group(2) : null) ?? matcher.group(1) ?? '';
        return { start, end: matcher.end(1), value };
      },
    };
  } catch (error) {
    if (!(error instanceof RegexError)) throw error;
    return { error: error.message };
  }
}

/** `^cluster\.…` needs to look at names that start with `cluster.` only: most names are then never searched. */
function firstToken(pattern: string): string {
  return /^\^(\w+)\\\./.exec(pattern)?.[1] ?? '';
}
