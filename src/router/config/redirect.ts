// Reads redirects.
import type { RedirectAction } from '../../generated/envoy/config/route/v3/route_components_pb.d.ts';
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
  if (path.case === 'pathRewrite') {
    config.error(
      message,
      'path_rewrite',
      'RMR0306',
      'path_rewrite with a format is not implemented yet',
      'use path_redirect, prefix_rewrite or regex_rewrite',
    );
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
    pathRewrite: rewrite,
    stripQuery: message.stripQuery,
  });
}
