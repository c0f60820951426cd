// Owns how messages on metadata, filter state and paths become matchers. A reader answers undefined when it reported an
// error to the context.
import type { ConfigContext } from '../config/api.ts';
import type { FilterStateMatcher as FilterStateMessage } from '../generated/envoy/type/matcher/v3/filter_state_pb.d.ts';
import type { MetadataMatcher as MetadataMessage } from '../generated/envoy/type/matcher/v3/metadata_pb.d.ts';
import type { PathMatcher as PathMessage } from '../generated/envoy/type/matcher/v3/path_pb.d.ts';
import type { ValueMatcher as ValueMessage } from '../generated/envoy/type/matcher/v3/value_pb.d.ts';
import { readStringMatcher } from './config.ts';
import { readCidr } from './config-cidr.ts';
import { FilterStateAddressMatcher, type FilterStateMatcher, FilterStateTextMatcher } from './filter-state-matcher.ts';
import { MetadataMatcher } from './metadata-matcher.ts';
import type { StringMatcher } from './string-matcher.ts';
import {
  AnyOfMatcher,
  ListMatcher,
  NumberRangeMatcher,
  nullMatcher,
  PresentMatcher,
  SameMatcher,
  TextMatcher,
  type ValueMatcher,
} from './value-matcher.ts';

export function readValueMatcher(message: ValueMessage, context: ConfigContext): ValueMatcher | undefined {
  const { matchPattern: match } = message;
  switch (match.case) {
    case 'nullMatch':
      return nullMatcher;
    case 'doubleMatch': {
      const { matchPattern: number } = match.value;
      // The API's own rules require one of the two.
      if (number.case === undefined) return undefined;
      return number.case === 'exact'
        ? new SameMatcher(number.value)
        : new NumberRangeMatcher(number.value.start, number.value.end);
    }
    case 'stringMatch': {
      const text = readStringMatcher(match.value, context);
      return text && new TextMatcher(text);
    }
    case 'boolMatch':
      return new SameMatcher(match.value);
    case 'presentMatch':
      return new PresentMatcher(match.value);
    case 'listMatch': {
      const { matchPattern: list } = match.value;
      const oneOf = list.case === undefined ? undefined : readValueMatcher(list.value, context);
      return oneOf && new ListMatcher(oneOf);
    }
    case 'orMatch': {
      const matchers = match.value.valueMatchers.map((inner) => readValueMatcher(inner, context));
      const complete = matchers.filter((matcher) => matcher !== undefined);
      return complete.length === matchers.length ? new AnyOfMatcher(complete) : undefined;
    }
    case undefined:
      // Required by the API's own rules.
      return undefined;
  }
}

export function readMetadataMatcher(message: MetadataMessage, context: ConfigContext): MetadataMatcher | undefined {
  const value = message.value && readValueMatcher(message.value, context);
  if (value === undefined) return undefined;
  const path = message.path.map(({ segment }) => segment.value ?? '');
  return new MetadataMatcher(message.filter, path, value, message.invert);
}

/** A path is compared without its query. */
export function readPathMatcher(message: PathMessage, context: ConfigContext): StringMatcher | undefined {
  return message.rule.case === undefined ? undefined : readStringMatcher(message.rule.value, context);
}

export function readFilterStateMatcher(
  message: FilterStateMessage,
  context: ConfigContext,
): FilterStateMatcher | undefined {
  const { key, matcher } = message;
  switch (matcher.case) {
    case 'stringMatch': {
      const text = readStringMatcher(matcher.value, context);
      return text && new FilterStateTextMatcher(key, text);
    }
    case 'addressMatch': {
      const { ranges: messages, invertMatch } = matcher.value;
      const ranges = messages.map((range) => readCidr(range, context)).filter((range) => range !== undefined);
      return ranges.length === messages.length ? new FilterStateAddressMatcher(key, ranges, invertMatch) : undefined;
    }
    case undefined:
      // Required by the API's own rules.
      return undefined;
  }
}
