// Owns how the custom matchers of single predicates are read (envoy.matching.input_matchers).
import type { Message } from '@bufbuild/protobuf';
import type { Runtime } from '../../base/runtime.ts';
import type { ConfigContext, DiagnosticCode } from '../../config/api.ts';
import type { ConsistentHashing } from '../../generated/envoy/extensions/matching/input_matchers/consistent_hashing/v3/consistent_hashing_pb.d.ts';
import type { Ip } from '../../generated/envoy/extensions/matching/input_matchers/ip/v3/ip_pb.d.ts';
import type { Metadata } from '../../generated/envoy/extensions/matching/input_matchers/metadata/v3/metadata_pb.d.ts';
import type { RuntimeFraction as RuntimeFractionMessage } from '../../generated/envoy/extensions/matching/input_matchers/runtime_fraction/v3/runtime_fraction_pb.d.ts';
import type { StatsScope } from '../../observability/stats/api.ts';
import { readRuntimeFraction } from '../config.ts';
import { readCidr } from '../config-cidr.ts';
import { readValueMatcher } from '../config-metadata.ts';
import type { ValueMatcher } from '../value-matcher.ts';
import type { ValueTest } from './match-tree.ts';
import { ConsistentHashingTest, IpTest, RuntimeFractionTest } from './value-tests.ts';

export type CustomTest =
  | { readonly kind: 'text'; readonly test: ValueTest }
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
    default:
      context.error(message, '', services.code, `Custom matchers of predicates are not ${message.$typeName}`);
      return undefined;
  }
}

function textTest(test: ValueTest | undefined): CustomTest | undefined {
  return test && { kind: 'text', test };
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
