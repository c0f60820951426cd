// Owns what permissions and principals are both made of: sets, ranges of addresses, metadata by its source.
import { type CidrRange, cidrRange } from '../../../base/cidr.ts';
import type { ConfigContext } from '../../../config/api.ts';
import type { CidrRange as CidrMessage } from '../../../generated/envoy/config/core/v3/address_pb.d.ts';
import type { SourcedMetadata } from '../../../generated/envoy/config/rbac/v3/rbac_pb.d.ts';
import type { MetadataMatcher as MetadataMessage } from '../../../generated/envoy/type/matcher/v3/metadata_pb.d.ts';
import { readMetadataMatcher } from '../../../matchers/api.ts';
import type { RbacMatcher } from './matcher.ts';
import { DynamicMetadataMatcher, RouteMetadataMatcher } from './request-matchers.ts';

/** Undefined when one of them could not be read. */
export function readEach<M>(
  messages: readonly M[],
  read: (message: M) => RbacMatcher | undefined,
): readonly RbacMatcher[] | undefined {
  const matchers = messages.map(read).filter((matcher) => matcher !== undefined);
  return matchers.length === messages.length ? matchers : undefined;
}

/** A length beyond the address counts as all of it, as in Envoy. */
export function readCidr(message: CidrMessage, context: ConfigContext): CidrRange | undefined {
  const { addressPrefix, prefixLen = 0 } = message;
  const range = cidrRange(addressPrefix, Math.min(prefixLen, addressPrefix.includes(':') ? 128 : 32));
  if (range !== null) return range;
  context.error(message, 'address_prefix', 'RMR0901', `'${addressPrefix}' is no IP address`);
  return undefined;
}

export function readDynamicMetadata(message: MetadataMessage, context: ConfigContext): RbacMatcher | undefined {
  const matcher = readMetadataMatcher(message, context);
  return matcher && new DynamicMetadataMatcher(matcher);
}

const routeSource = 1;

export function readSourcedMetadata(message: SourcedMetadata, context: ConfigContext): RbacMatcher | undefined {
  const matcher = message.metadataMatcher && readMetadataMatcher(message.metadataMatcher, context);
  if (matcher === undefined) return undefined;
  return message.metadataSource === routeSource
    ? new RouteMetadataMatcher(matcher)
    : new DynamicMetadataMatcher(matcher);
}
