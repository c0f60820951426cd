// Owns tags that configuration finds with an expression (stats_tags): RE2's syntax and meaning, by re2js.
import type { TagRule } from './tags.ts';

/** The first group goes from the name; the second, where there is one, is the value, otherwise the first. */
export async function regexTagRule(tag: string, pattern: string): Promise<TagRule | { readonly error: string }> {
  const { RE2JS, RE2JSException } = await import('re2js');
  try {
    const compiled = RE2JS.compile(pattern);
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
    if (!(error instanceof RE2JSException)) throw error;
    return { error: error.message.replace(/^error parsing regexp: /, '') };
  }
}

/** `^cluster\.…` needs to look at names that start with `cluster.` only: most names are then never searched. */
function firstToken(pattern: string): string {
  return /^\^(\w+)\\\./.exec(pattern)?.[1] ?? '';
}
