// Reads the rewrites of path and host that forwarding routes and redirects name.
import type { ConfigContext } from '../../config/api.ts';
import type { RouteAction } from '../../generated/envoy/config/route/v3/route_components_pb.d.ts';
import type { RegexMatchAndSubstitute } from '../../generated/envoy/type/matcher/v3/regex_pb.d.ts';
import { pinnedName } from '../../http/headers/name.ts';
import { readRegexRewrite } from '../../matchers/config.ts';
import {
  HeaderHostRewrite,
  type HostRewrite,
  LiteralHostRewrite,
  PathRegexHostRewrite,
} from '../route-table/host-rewrite.ts';
import type { PathPattern } from '../route-table/path-pattern.ts';
import { type PathRewrite, PrefixRewrite, RegexPathRewrite } from '../route-table/path-rewrite.ts';

/** Null without a rewrite, or when an error was reported. */
export function readPathRewrite(
  prefixRewrite: string,
  regexRewrite: RegexMatchAndSubstitute | undefined,
  pattern: PathPattern,
  context: ConfigContext,
): PathRewrite | null {
  if (prefixRewrite !== '') return new PrefixRewrite(pattern, prefixRewrite);
  if (regexRewrite === undefined) return null;
  const rewrite = readRegexRewrite(regexRewrite, context);
  return rewrite === undefined ? null : new RegexPathRewrite(rewrite.regex, rewrite.substitution);
}

/** Null without a rewrite, or when an error was reported. */
export function readHostRewrite(message: RouteAction, context: ConfigContext): HostRewrite | null {
  const { hostRewriteSpecifier } = message;
  switch (hostRewriteSpecifier.case) {
    case 'hostRewriteLiteral':
      return new LiteralHostRewrite(hostRewriteSpecifier.value);
    case 'hostRewriteHeader':
      return new HeaderHostRewrite(pinnedName(hostRewriteSpecifier.value));
    case 'hostRewritePathRegex': {
      const rewrite = readRegexRewrite(hostRewriteSpecifier.value, context);
      return rewrite === undefined ? null : new PathRegexHostRewrite(rewrite.regex, rewrite.substitution);
    }
    case 'hostRewrite':
      context.error(
        message,
        'host_rewrite',
        'RMR0306',
        'host_rewrite with a format is not implemented yet',
        'use host_rewrite_literal',
      );
      return null;
    // The router filter does it once the upstream host is known.
    case 'autoHostRewrite':
    case undefined:
      return null;
  }
}
