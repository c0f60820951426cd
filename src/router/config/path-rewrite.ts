// Reads the rewrites of path and host that forwarding routes and redirects name.
import type { ConfigContext } from '../../config/api.ts';
import type { RouteAction } from '../../generated/envoy/config/route/v3/route_components_pb.d.ts';
import type { RegexMatchAndSubstitute } from '../../generated/envoy/type/matcher/v3/regex_pb.d.ts';
import { pinnedName } from '../../http/headers/name.ts';
import { readRegexRewrite } from '../../matchers/config.ts';
import { readFormatString } from '../../observability/access-log/api.ts';
import {
  FormatHostRewrite,
  HeaderHostRewrite,
  type HostRewrite,
  LiteralHostRewrite,
  PathRegexHostRewrite,
} from '../route-table/host-rewrite.ts';
import type { PathPattern } from '../route-table/path-pattern.ts';
import { FormatPathRewrite, type PathRewrite, PrefixRewrite, RegexPathRewrite } from '../route-table/path-rewrite.ts';
import type { RouteBuild } from './context.ts';
import { readTemplateRewrite } from './uri-template.ts';

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

/** The one of the four that is set; that no two are was checked when the message was loaded (config/semantic). */
export function readRoutePathRewrite(
  message: RouteAction,
  pattern: PathPattern,
  build: RouteBuild,
): PathRewrite | null {
  if (message.pathRewrite !== '') {
    const options = { headerName: pinnedName, omitEmptyValues: true };
    const format = readFormatString(message.pathRewrite, message, 'path_rewrite', build.config, options);
    return format === undefined ? null : new FormatPathRewrite(format);
  }
  if (message.pathRewritePolicy !== undefined) return readTemplateRewrite(message, pattern, build);
  if (message.prefixRewrite !== '' && pattern.kind === 'regex' && pattern.template !== undefined) {
    const text = 'prefix_rewrite cannot stand with path_match_policy: a template has no prefix';
    build.config.error(message, 'prefix_rewrite', 'RMR0600', text, 'use path_rewrite_policy');
    return null;
  }
  return readPathRewrite(message.prefixRewrite, message.regexRewrite, pattern, build.config);
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
    case 'hostRewrite': {
      const options = { headerName: pinnedName };
      const format = readFormatString(hostRewriteSpecifier.value, message, 'host_rewrite', context, options);
      return format === undefined ? null : new FormatHostRewrite(format);
    }
    // The router filter does it once the upstream host is known.
    case 'autoHostRewrite':
    case undefined:
      return null;
  }
}
