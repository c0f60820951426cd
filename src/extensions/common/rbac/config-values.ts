// Owns what permissions and principals are both made of: sets, metadata by its source.
import type { ConfigContext } from '../../../config/api.ts';
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
