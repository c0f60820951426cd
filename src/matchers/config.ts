// Owns how matcher messages become matchers. Every unit that matches something reads its messages here.
// A reader answers undefined when it reported an error to the context.
import type { Runtime } from '../base/runtime.ts';
import type { ConfigContext } from '../config/api.ts';
import type { RuntimeFractionalPercent } from '../generated/envoy/config/core/v3/base_pb.d.ts';
import type {
  CookieMatcher as CookieMatcherMessage,
  HeaderMatcher as HeaderMatcherMessage,
  QueryParameterMatcher as QueryParameterMessage,
} from '../generated/envoy/config/route/v3/route_components_pb.d.ts';
import type { RegexMatchAndSubstitute, RegexMatcher } from '../generated/envoy/type/matcher/v3/regex_pb.d.ts';
import type { StringMatcher as StringMatcherMessage } from '../generated/envoy/type/matcher/v3/string_pb.d.ts';
import type { FractionalPercent } from '../generated/envoy/type/v3/percent_pb.d.ts';
import type { RegexMatcher as XdsRegexMatcher } from '../generated/xds/type/matcher/v3/regex_pb.d.ts';
import type { StringMatcher as XdsStringMatcher } from '../generated/xds/type/matcher/v3/string_pb.d.ts';
import { pinnedName } from '../http/headers/name.ts';
import { CookieMatcher } from './cookie-matcher.ts';
import { Fraction, RuntimeFraction } from './fraction.ts';
import { type HeaderMatcher, HeaderPresenceMatcher, HeaderValueMatcher } from './header-matcher.ts';
import { IntegerRangeMatcher } from './integer-range.ts';
import { QueryParameterMatcher } from './query-parameter-matcher.ts';
import { compileRegex, type Regex, RegexError, Substitution } from './regex.ts';
import { RegexStringMatcher, type StringMatcher, stringMatcher } from './string-matcher.ts';

/** The two messages differ in what cannot be used here (engines, custom matchers). */
type AnyRegex = RegexMatcher | XdsRegexMatcher;
type AnyStringMatcher = StringMatcherMessage | XdsStringMatcher;

export function readRegex(message: AnyRegex, context: ConfigContext): Regex | undefined {
  try {
    return compileRegex(message.regex);
  } catch (error) {
    if (!(error instanceof RegexError)) throw error;
    context.error(
      message,
      'regex',
      'RMR0603',
      `'${message.regex}' is not a regular expression of RE2: ${error.message}`,
    );
    return undefined;
  }
}

/** A search and what each match is replaced with. */
export interface RegexRewrite {
  readonly regex: Regex;
  readonly substitution: Substitution;
}

export function readRegexRewrite(message: RegexMatchAndSubstitute, context: ConfigContext): RegexRewrite | undefined {
  // The API's own rules require the pattern.
  const regex = message.pattern === undefined ? undefined : readRegex(message.pattern, context);
  if (regex === undefined) return undefined;
  const substitution = new Substitution(message.substitution, regex);
  if (substitution.problem !== null) {
    context.warning(
      message,
      'substitution',
      'RMR0605',
      `The substitution '${message.substitution}': ${substitution.problem}`,
    );
  }
  return { regex, substitution };
}

export function readStringMatcher(message: AnyStringMatcher, context: ConfigContext): StringMatcher | undefined {
  const { matchPattern, ignoreCase } = message;
  switch (matchPattern.case) {
    case 'exact':
    case 'prefix':
    case 'suffix':
    case 'contains':
      return stringMatcher(matchPattern.case, matchPattern.value, ignoreCase);
    case 'safeRegex': {
      if (ignoreCase) {
        context.error(
          message,
          'ignore_case',
          'RMR0603',
          'ignore_case has no effect on safe_regex',
          'start the expression with (?i)',
        );
        return undefined;
      }
      const regex = readRegex(matchPattern.value, context);
      return regex && new RegexStringMatcher(regex);
    }
    case 'custom':
      context.error(message, 'custom', 'RMR0304', 'Custom string matchers are not implemented yet');
      return undefined;
    case undefined:
      // Required by the API's own rules.
      return undefined;
  }
}

export function readHeaderMatcher(message: HeaderMatcherMessage, context: ConfigContext): HeaderMatcher | undefined {
  const { headerMatchSpecifier: match, invertMatch, treatMissingHeaderAsEmpty } = message;
  const name = pinnedName(message.name);
  const byValue = (value: StringMatcher | undefined): HeaderMatcher | undefined =>
    value && new HeaderValueMatcher(name, value, invertMatch, treatMissingHeaderAsEmpty);
  switch (match.case) {
    case undefined:
      return new HeaderPresenceMatcher(name, !invertMatch, treatMissingHeaderAsEmpty);
    case 'presentMatch':
      return new HeaderPresenceMatcher(name, match.value !== invertMatch, treatMissingHeaderAsEmpty);
    case 'stringMatch':
      return byValue(readStringMatcher(match.value, context));
    case 'exactMatch':
      // As Envoy: an empty exact_match asks for presence.
      if (match.value === '') return new HeaderPresenceMatcher(name, !invertMatch, treatMissingHeaderAsEmpty);
      return byValue(stringMatcher('exact', match.value));
    case 'prefixMatch':
      return byValue(stringMatcher('prefix', match.value));
    case 'suffixMatch':
      return byValue(stringMatcher('suffix', match.value));
    case 'containsMatch':
      return byValue(stringMatcher('contains', match.value));
    case 'safeRegexMatch': {
      const regex = readRegex(match.value, context);
      return byValue(regex && new RegexStringMatcher(regex));
    }
    case 'rangeMatch':
      return byValue(new IntegerRangeMatcher(match.value.start, match.value.end));
  }
}

export function readQueryParameterMatcher(
  message: QueryParameterMessage,
  context: ConfigContext,
): QueryParameterMatcher | undefined {
  const { name, queryParameterMatchSpecifier: match } = message;
  if (match.case === 'presentMatch') return new QueryParameterMatcher(name, null, match.value);
  if (match.case === undefined) return new QueryParameterMatcher(name, null);
  const value = readStringMatcher(match.value, context);
  return value && new QueryParameterMatcher(name, value);
}

export function readCookieMatcher(message: CookieMatcherMessage, context: ConfigContext): CookieMatcher | undefined {
  // Required by the API's own rules.
  const value = message.stringMatch && readStringMatcher(message.stringMatch, context);
  return value && new CookieMatcher(message.name, value, message.invertMatch);
}

export function readFraction(message: FractionalPercent): Fraction {
  return new Fraction(message.numerator, message.denominator);
}

/** Without a default value: no request, as in Envoy. */
export function readRuntimeFraction(message: RuntimeFractionalPercent, runtime: Runtime): RuntimeFraction {
  const configured = message.defaultValue === undefined ? new Fraction(0, 0) : readFraction(message.defaultValue);
  return new RuntimeFraction(configured, message.runtimeKey, runtime);
}
