// What extensions may use of the matchers: readers for their messages, and the types they make.
export {
  readFraction,
  readHeaderMatcher,
  readQueryParameterMatcher,
  readRegex,
  readRegexRewrite,
  readRuntimeFraction,
  readStringMatcher,
} from './config.ts';
export { Fraction, RuntimeFraction } from './fraction.ts';
export { allMatch, type HeaderMatcher } from './header-matcher.ts';
export { findQueryParameter, QueryParameterMatcher } from './query-parameter-matcher.ts';
export type { Regex, Substitution } from './regex.ts';
export type { StringMatcher } from './string-matcher.ts';
