// Reads redirects.
import type { ConfigContext } from '../../config/api.ts';
import type { RedirectAction } from '../../generated/envoy/config/route/v3/route_components_pb.d.ts';
import { pinnedName } from '../../http/headers/name.ts';
import { type Formatter, readFormatString } from '../../observability/access-log/api.ts';
import type { PathPattern } from '../route-table/path-pattern.ts';
import { PreparedRedirectRoute } from '../route-table/redirect-route.ts';
import type { RouteBaseSettings } from '../route-table/route-base.ts';
import type { RouteBuild } from './context.ts';
import { readPathRewrite } from './path-rewrite.ts';

/** By RedirectAction.RedirectResponseCode. */
const statuses = [301, 302, 303, 307, 308] as const;

export function readRedirect(
  message: RedirectAction,
  pattern: PathPattern,
  base: RouteBaseSettings,
  { config }: RouteBuild,
): PreparedRedirectRoute {
  const { pathRewriteSpecifier: path, schemeRewriteSpecifier: scheme } = message;
  if (path.case === 'prefixRewrite' && pattern.kind === 'regex' && pattern.template !== undefined) {
    const text = 'prefix_rewrite cannot stand with path_match_policy: a template has no prefix';
    config.error(message, 'prefix_rewrite', 'RMR0600', text);
  }
  const rewrite = readPathRewrite(
    path.case === 'prefixRewrite' ? path.value : '',
    path.case === 'regexRewrite' ? path.value : undefined,
    pattern,
    config,
  );
  return new PreparedRedirectRoute(base, {
    status: statuses[message.responseCode] ?? 301,
    scheme:
      scheme.case === 'schemeRedirect' ? scheme.value : scheme.case === 'httpsRedirect' && scheme.value ? 'https' : '',
    host: message.hostRedirect,
    port: message.portRedirect,
    path: path.case === 'pathRedirect' ? path.value : '',
    pathFormat: path.case === 'pathRewrite' ? readPathFormat(message, path.value, config) : null,
    pathRewrite: rewrite,
    stripQuery: message.stripQuery,
  });
}

/** Null when an error was reported. */
function readPathFormat(message: RedirectAction, text: string, config: ConfigContext): Formatter | null {
  const options = { headerName: pinnedName, omitEmptyValues: true };
  return readFormatString(text, message, 'path_rewrite', config, options) ?? null;
}
