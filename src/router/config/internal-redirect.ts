// Reads internal_redirect_policy and the deprecated pair of fields before it.
import type { ConfigContext } from '../../config/api.ts';
import type {
  InternalRedirectPolicy as InternalRedirectPolicyMessage,
  RouteAction,
} from '../../generated/envoy/config/route/v3/route_components_pb.d.ts';
import type { AllowListedRoutesConfig } from '../../generated/envoy/extensions/internal_redirect/allow_listed_routes/v3/allow_listed_routes_config_pb.d.ts';
import { type NameInfo, pinnedName } from '../../http/headers/name.ts';
import type { InternalRedirectPolicy } from '../api.ts';
import {
  AllowListedRoutes,
  type InternalRedirectPredicate,
  previousRoutes,
  safeCrossScheme,
} from '../redirect-predicates.ts';

const HANDLE_INTERNAL_REDIRECT = 1;
const defaultMax = 1;
const defaultCodes: readonly number[] = Object.freeze([302]);
/** As Envoy: no others are followed, whatever the policy says. */
const followable: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Null: redirects go to the client. */
export function readInternalRedirects(message: RouteAction, context: ConfigContext): InternalRedirectPolicy | null {
  const policy = message.internalRedirectPolicy;
  if (policy !== undefined) {
    return Object.freeze({
      max: policy.maxInternalRedirects ?? defaultMax,
      codes: readCodes(policy, context),
      predicates: readPredicates(policy, context),
      allowCrossScheme: policy.allowCrossSchemeRedirect,
      responseHeadersToCopy: readHeaders(policy, context),
    });
  }
  const max = message.maxInternalRedirects ?? defaultMax;
  if (message.internalRedirectAction !== HANDLE_INTERNAL_REDIRECT) return null;
  return Object.freeze({
    max,
    codes: defaultCodes,
    predicates: [],
    allowCrossScheme: false,
    responseHeadersToCopy: [],
  });
}

function readCodes(policy: InternalRedirectPolicyMessage, context: ConfigContext): readonly number[] {
  const codes = policy.redirectResponseCodes;
  if (codes.length === 0) return defaultCodes;
  for (const code of codes) {
    if (followable.has(code)) continue;
    const words = `Responses with ${code} are not followed: only 301, 302, 303, 307 and 308 can be`;
    context.warning(policy, 'redirect_response_codes', 'RMR0605', words);
  }
  return Object.freeze(codes.filter((code) => followable.has(code)));
}

function readPredicates(
  policy: InternalRedirectPolicyMessage,
  context: ConfigContext,
): readonly InternalRedirectPredicate[] {
  const predicates: InternalRedirectPredicate[] = [];
  for (const { typedConfig } of policy.predicates) {
    const config = typedConfig === undefined ? undefined : context.unpack(typedConfig);
    switch (config?.$typeName) {
      case 'envoy.extensions.internal_redirect.allow_listed_routes.v3.AllowListedRoutesConfig':
        predicates.push(new AllowListedRoutes((config as AllowListedRoutesConfig).allowedRouteNames));
        break;
      case 'envoy.extensions.internal_redirect.previous_routes.v3.PreviousRoutesConfig':
        predicates.push(previousRoutes);
        break;
      case 'envoy.extensions.internal_redirect.safe_cross_scheme.v3.SafeCrossSchemeConfig':
        predicates.push(safeCrossScheme);
        break;
      default:
        // An unknown extension was reported when the document was read.
        break;
    }
  }
  return Object.freeze(predicates);
}

function readHeaders(policy: InternalRedirectPolicyMessage, context: ConfigContext): readonly NameInfo[] {
  const names: NameInfo[] = [];
  for (const name of policy.responseHeadersToCopy) {
    if (name.startsWith(':') || name.toLowerCase() === 'host') {
      const words = `'${name}' cannot be copied: the redirect's location says where the request goes`;
      context.error(policy, 'response_headers_to_copy', 'RMR0600', words);
    } else names.push(pinnedName(name));
  }
  return Object.freeze(names);
}
