// Reads what a route asks of a request: RouteMatch.
import type { RouteMatch } from '../../generated/envoy/config/route/v3/route_components_pb.d.ts';
import { toByteString } from '../../matchers/byte-string.ts';
import { readHeaderMatcher, readQueryParameterMatcher, readRegex, readRuntimeFraction } from '../../matchers/config.ts';
import type { PathPattern } from '../route-table/path-pattern.ts';
import {
  FractionCondition,
  GrpcCondition,
  HeaderCondition,
  QueryCondition,
  type RouteCondition,
} from '../route-table/route-conditions.ts';
import type { RouteBuild } from './context.ts';

/** Undefined when an error was reported. */
export function readPathPattern(message: RouteMatch, { config }: RouteBuild): PathPattern | undefined {
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
      config.error(message, 'path_match_policy', 'RMR0304', 'path_match_policy is not implemented yet');
      return undefined;
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
  refuseOtherConditions(message, config);
  return conditions;
}

/** A route that forgot one of its conditions would take requests that are not its own. */
function refuseOtherConditions(message: RouteMatch, config: RouteBuild['config']): void {
  const set: [field: string, isSet: boolean][] = [
    ['cookies', message.cookies.length > 0],
    ['tls_context', message.tlsContext !== undefined],
    ['dynamic_metadata', message.dynamicMetadata.length > 0],
    ['filter_state', message.filterState.length > 0],
  ];
  for (const [field, isSet] of set) {
    if (isSet) config.error(message, field, 'RMR0306', `Matching by ${field} is not implemented yet`);
  }
}
