// Reads the URI templates of path_match_policy and path_rewrite_policy.
import type { ConfigContext } from '../../config/api.ts';
import type { TypedExtensionConfig } from '../../generated/envoy/config/core/v3/extension_pb.d.ts';
import type { RouteAction, RouteMatch } from '../../generated/envoy/config/route/v3/route_components_pb.d.ts';
import type { UriTemplateMatchConfig } from '../../generated/envoy/extensions/path/match/uri_template/v3/uri_template_match_pb.d.ts';
import type { UriTemplateRewriteConfig } from '../../generated/envoy/extensions/path/rewrite/uri_template/v3/uri_template_rewrite_pb.d.ts';
import { compileRegex, type Regex, Substitution } from '../../matchers/regex.ts';
import type { PathPattern } from '../route-table/path-pattern.ts';
import { type PathRewrite, TemplatePathRewrite } from '../route-table/path-rewrite.ts';
import {
  parseUriTemplate,
  TemplateError,
  templateSubstitution,
  type UriTemplate,
} from '../route-table/uri-template.ts';
import type { RouteBuild } from './context.ts';

export interface PreparedUriTemplate {
  readonly template: UriTemplate;
  /** Takes a path without its query. */
  readonly regex: Regex;
}

const matchType = 'envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig';
const rewriteType = 'envoy.extensions.path.rewrite.uri_template.v3.UriTemplateRewriteConfig';

/** Undefined when an error was reported. */
export function readTemplateMatch(message: RouteMatch, { config }: RouteBuild): PathPattern | undefined {
  const { pathSpecifier } = message;
  if (pathSpecifier.case !== 'pathMatchPolicy') return undefined;
  const read = readUriTemplate(pathSpecifier.value, config);
  return read && { kind: 'regex', ...read };
}

/** Undefined when an error was reported. */
export function readUriTemplate(
  extension: TypedExtensionConfig,
  config: ConfigContext,
): PreparedUriTemplate | undefined {
  if (extension.typedConfig === undefined) return undefined;
  const match = config.unpackAs<UriTemplateMatchConfig>(extension.typedConfig, matchType);
  if (match === undefined) return undefined;
  try {
    const template = parseUriTemplate(match.pathTemplate);
    if (/\*\*/.test(template.pattern)) {
      // Envoy makes a regular expression of it that RE2 refuses, and goes on.
      const text = `'${match.pathTemplate}' matches no path: a literal star cannot follow an operator`;
      config.warning(match, 'path_template', 'RMR0605', text);
      return { regex: compileRegex('[^\\x00-\\xff]'), template };
    }
    return { regex: compileRegex(template.pattern), template };
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    config.error(match, 'path_template', 'RMR0600', `'${match.pathTemplate}' is no URI template: ${error.message}`);
    return undefined;
  }
}

/** Null without a policy, or when an error was reported. */
export function readTemplateRewrite(
  message: RouteAction,
  pattern: PathPattern,
  { config }: RouteBuild,
): PathRewrite | null {
  const any = message.pathRewritePolicy?.typedConfig;
  if (any === undefined) return null;
  const rewrite = config.unpackAs<UriTemplateRewriteConfig>(any, rewriteType);
  if (rewrite === undefined) return null;
  if (pattern.kind !== 'regex' || pattern.template === undefined) {
    const text = 'A URI template rewrites only what one has matched';
    config.error(message, 'path_rewrite_policy', 'RMR0600', text, "set the route's match.path_match_policy");
    return null;
  }
  const { regex, template } = pattern;
  try {
    const substitution = templateSubstitution(rewrite.pathTemplateRewrite, template);
    return new TemplatePathRewrite(regex, new Substitution(substitution, regex));
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    const text = `'${rewrite.pathTemplateRewrite}' cannot rewrite '${template.text}': ${error.message}`;
    config.error(rewrite, 'path_template_rewrite', 'RMR0600', text);
    return null;
  }
}
