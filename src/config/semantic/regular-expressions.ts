/** Owns the check that RE2 takes a regular expression: Envoy compiles all of them when it loads a configuration. */
import { compileRe2, loadRe2, RegexError } from '../../base/re2.ts';
import type { ConfigContext } from '../context.ts';

/** RE2 is loaded only when there is an expression (1.5 MB), and before anything is made from the configuration. */
export async function checkRegularExpressions(context: ConfigContext): Promise<void> {
  const matchers = context.regexMatchers.splice(0);
  if (matchers.length === 0) return;
  const re2 = await loadRe2();
  for (const matcher of matchers) {
    const { regex } = matcher;
    try {
      compileRe2(re2, regex);
    } catch (error) {
      if (!(error instanceof RegexError)) throw error;
      const hint = /\(\?[=!<]/.test(regex)
        ? 'RE2 has no look-around'
        : /\\[1-9]/.test(regex)
          ? 'RE2 has no back-references'
          : undefined;
      context.error(
        matcher,
        'regex',
        'RMR0603',
        `${JSON.stringify(regex)} is not a regular expression of RE2: ${error.message}`,
        hint,
      );
    }
  }
}
