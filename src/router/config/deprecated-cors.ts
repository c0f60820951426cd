// Hands the deprecated field `cors` of virtual hosts and routes to the CORS filter, which reads it as its own message.
import type { CorsPolicy } from '../../generated/envoy/config/route/v3/route_components_pb.d.ts';
import { httpFilterCategory } from '../../http/filter/api.ts';
import type { RouteBuild } from './context.ts';

const policyName = 'envoy.extensions.filters.http.cors.v3.CorsPolicy';

/** `above`, with this level's policy behind it. */
export function readDeprecatedCors(
  message: CorsPolicy | undefined,
  above: readonly unknown[],
  build: RouteBuild,
): readonly unknown[] {
  if (message === undefined) return above;
  const policy = build.extensions.get(httpFilterCategory, policyName)?.readRouteConfig?.(message, build.config, build);
  return policy === undefined ? above : [...above, policy];
}
