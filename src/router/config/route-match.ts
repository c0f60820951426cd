// Reads what a route asks of a request: RouteMatch.
import type { RouteMatch } from '../../generated/envoy/config/route/v3/route_components_pb.d.ts';
import { toByteString } from '../../matchers/byte-string.ts';
import {
  readCookieMatcher,
  readHeaderMatcher,
  readQueryParameterMatcher,
  readRegex,
  readRuntimeFraction,
} from '../../matchers/config.ts';
import { readFilterStateMatcher, readMetadataMatcher } from '../../matchers/config-metadata.ts';
import type { PathPattern } from '../route-table/path-pattern.ts';
import {
  CookieCondition,
  FilterStateCondition,
  FractionCondition,
  GrpcCondition,
  HeaderCondition,
  MetadataCondition,
  QueryCondition,
  type RouteCondition,
  TlsCondition,
} from '../route-table/route-conditions.ts';
import type { RouteBuild } from './context.ts';
import { readTemplateMatch } from './uri-template.ts';

/** Undefined when an error was reported. */
export function readPathPattern(message: RouteMatch, build: RouteBuild): PathPattern | undefined {
  const { config } = build;
  const { pathSpecifier } = message;
  const ignoreCase = message.caseSensitive === false;
  switch (pathSpecifier.case) {
    case 'path':
      return { kind: 'exact', text: toByteString(pathSpecifier.value), ignoreCase };
    case 'prefix':
      return { kind: 'prefix', text: toByteString(pathSpecifier.value), ignoreCase };
    case 'pathSeparatedPrefix':
      return { kind: 'separated-prefix', text: toByteString(pathSpecifier.value), ignoreCase };
    case 'safeRegex': {
      const regex = readRegex(pathSpecifier.value, config);
      return regex && { kind: 'regex', regex };
    }
    case 'connectMatcher':
      return { kind: 'connect' };
    case 'pathMatchPolicy':
      return readTemplateMatch(message, build);
    case undefined:
      // Required by the API's own rules.
      return undefined;
  }
}

/** Cheap conditions first: all must hold, whatever the order. */
export function readConditions(message: RouteMatch, { config, runtime }: RouteBuild): RouteCondition[] {
  const conditions: RouteCondition[] = [];
  if (message.runtimeFraction !== undefined) {
    conditions.push(new FractionCondition(readRuntimeFraction(message.runtimeFraction, runtime)));
  }
  if (message.grpc !== undefined) conditions.push(new GrpcCondition());
  for (const header of message.headers) {
    const matcher = readHeaderMatcher(header, config);
    if (matcher !== undefined) conditions.push(new HeaderCondition(matcher));
  }
  for (const parameter of message.queryParameters) {
    const matcher = readQueryParameterMatcher(parameter, config);
    if (matcher !== undefined) conditions.push(new QueryCondition(matcher));
  }
  for (const cookie of message.cookies) {
    const matcher = readCookieMatcher(cookie, config);
    if (matcher !== undefined) conditions.push(new CookieCondition(matcher));
  }
  if (message.tlsContext !== undefined) {
    const { presented, validated } = message.tlsContext;
    conditions.push(new TlsCondition(presented, validated));
  }
  for (const metadata of message.dynamicMetadata) {
    const matcher = readMetadataMatcher(metadata, config);
    if (matcher !== undefined) conditions.push(new MetadataCondition(matcher));
  }
  for (const state of message.filterState) {
    const matcher = readFilterStateMatcher(state, config);
    if (matcher !== undefined) conditions.push(new FilterStateCondition(matcher));
  }
  return conditions;
}
