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
export { type AddressRange, cidrOf, readAddressRange, readCidr } from './config-cidr.ts';
export {
  readFilterStateMatcher,
  readMetadataMatcher,
  readPathMatcher,
  readValueMatcher,
} from './config-metadata.ts';
export type { FilterStateMatcher } from './filter-state-matcher.ts';
export { Fraction, RuntimeFraction } from './fraction.ts';
export { allMatch, type HeaderMatcher } from './header-matcher.ts';
export { type MetadataMatcher, valueAt } from './metadata-matcher.ts';
export { findQueryParameter, QueryParameterMatcher } from './query-parameter-matcher.ts';
export type { Regex, Substitution } from './regex.ts';
export type { StringMatcher } from './string-matcher.ts';
export { readMatchTree, TreeUser } from './tree/config.ts';
export { connectionInput, requestInput } from './tree/config-inputs.ts';
export type { ConnectionData, RequestData } from './tree/inputs.ts';
export type { DataInput, MatchNode } from './tree/match-tree.ts';
export type { ValueMatcher } from './value-matcher.ts';
