// Owns how the custom matchers of single predicates are read (envoy.matching.input_matchers).
import type { Message } from '@bufbuild/protobuf';
import type { Runtime } from '../../base/runtime.ts';
import type { ConfigContext, DiagnosticCode } from '../../config/api.ts';
import type { ConsistentHashing } from '../../generated/envoy/extensions/matching/input_matchers/consistent_hashing/v3/consistent_hashing_pb.d.ts';
import type { Ip } from '../../generated/envoy/extensions/matching/input_matchers/ip/v3/ip_pb.d.ts';
import type { Metadata } from '../../generated/envoy/extensions/matching/input_matchers/metadata/v3/metadata_pb.d.ts';
import type { RuntimeFraction as RuntimeFractionMessage } from '../../generated/envoy/extensions/matching/input_matchers/runtime_fraction/v3/runtime_fraction_pb.d.ts';
import type { CelMatcher } from '../../generated/xds/type/matcher/v3/cel_pb.d.ts';
import { headerName } from '../../http/headers/api.ts';
import { CelExpression, CelSyntaxError, type ParsedExpression } from '../../observability/cel/api.ts';
import type { StatsScope } from '../../observability/stats/api.ts';
import { readRuntimeFraction } from '../config.ts';
import { readCidr } from '../config-cidr.ts';
import { readValueMatcher } from '../config-metadata.ts';
import type { ValueMatcher } from '../value-matcher.ts';
import type { ValueTest } from './match-tree.ts';
import { ConsistentHashingTest, IpTest, RuntimeFractionTest } from './value-tests.ts';

export type CustomTest =
  | { readonly kind: 'text'; readonly test: ValueTest }
  | { readonly kind: 'attributes'; readonly expression: CelExpression }
  | { readonly kind: 'json'; readonly matcher: ValueMatcher; readonly invert: boolean };

export interface TestServices {
  readonly code: DiagnosticCode;
  readonly runtime: Runtime;
  /** Root of all statistics. */
  readonly stats: StatsScope;
}

/** Undefined when something was wrong and reported. */
export function readValueTest(
  message: Message,
  services: TestServices,
  context: ConfigContext,
): CustomTest | undefined {
  switch (message.$typeName) {
    case 'envoy.extensions.matching.input_matchers.ip.v3.Ip':
      return textTest(readIp(message as Ip, services, context));
    case 'envoy.extensions.matching.input_matchers.consistent_hashing.v3.ConsistentHashing':
      return textTest(readConsistentHashing(message as ConsistentHashing, services, context));
    case 'envoy.extensions.matching.input_matchers.runtime_fraction.v3.RuntimeFraction':
      return textTest(readShare(message as RuntimeFractionMessage, services));
    case 'envoy.extensions.matching.input_matchers.metadata.v3.Metadata': {
      const { value, invert } = message as Metadata;
      // Required by the API's own rules.
      const matcher = value && readValueMatcher(value, context);
      return matcher && { kind: 'json', matcher, invert };
    }
    case 'xds.type.matcher.v3.CelMatcher':
      return readCelTest(message as CelMatcher, services, context);
    default:
      context.error(message, '', services.code, `Custom matchers of predicates are not ${message.$typeName}`);
      return undefined;
  }
}

function textTest(test: ValueTest | undefined): CustomTest | undefined {
  return test && { kind: 'text', test };
}

/** What is in the deprecated fields counts where the others are empty, as in Envoy. */
function readCelTest(message: CelMatcher, { code }: TestServices, context: ConfigContext): CustomTest | undefined {
  const { celExprChecked, celExprParsed, exprSpecifier } = message.exprMatch ?? {};
  const holder = celExprChecked ?? celExprParsed ?? exprSpecifier?.value;
  if (holder === undefined) {
    const hint = 'cel_expr_string is not looked at, in Envoy neither';
    context.error(message, 'expr_match', code, 'the matcher has neither cel_expr_checked nor cel_expr_parsed', hint);
    return undefined;
  }
  try {
    // google.api.expr.v1alpha1.Expr and cel.expr.Expr, the library's, are the same message under two names.
    return { kind: 'attributes', expression: new CelExpression(expressionIn(holder), headerName) };
  } catch (error) {
    if (!(error instanceof CelSyntaxError)) throw error;
    context.error(message, 'expr_match', code, error.message);
    return undefined;
  }
}

function expressionIn(holder: { readonly expr?: unknown }): ParsedExpression {
  if (holder.expr === undefined) throw new CelSyntaxError('the expression is empty');
  return holder.expr as ParsedExpression;
}

function readIp(message: Ip, { stats }: TestServices, context: ConfigContext): ValueTest | undefined {
  const ranges = message.cidrRanges.map((range) => readCidr(range, context)).filter((range) => range !== undefined);
  if (ranges.length !== message.cidrRanges.length) return undefined;
  return new IpTest(ranges, stats.scope(`${message.statPrefix}.`).counter('ip_parsing_failed'));
}

function readConsistentHashing(
  message: ConsistentHashing,
  { code }: TestServices,
  context: ConfigContext,
): ValueTest | undefined {
  const { threshold, modulo, seed } = message;
  if (threshold <= modulo) return new ConsistentHashingTest(threshold, modulo, seed);
  context.error(message, 'threshold', code, `a threshold of ${threshold} is more than the modulo ${modulo}`);
  return undefined;
}

function readShare(
  { runtimeFraction, seed }: RuntimeFractionMessage,
  { runtime }: TestServices,
): ValueTest | undefined {
  // Required by the API's own rules.
  return runtimeFraction && new RuntimeFractionTest(readRuntimeFraction(runtimeFraction, runtime), seed);
}
