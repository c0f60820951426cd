// Owns what a CORS policy says, and how the levels that say something (route, virtual host, route configuration) are laid
// over each other: field by field, the most specific level that has the field counts.
import type { RuntimeFraction, StringMatcher } from '../../../../matchers/api.ts';

export interface CorsPolicy {
  /** Null: as the level above. */
  readonly allowOrigins: readonly StringMatcher[] | null;
  /** Empty: as the level above. */
  readonly allowMethods: string;
  readonly allowHeaders: string;
  readonly exposeHeaders: string;
  readonly maxAge: string;
  /** Undefined: as the level above. */
  readonly allowCredentials: boolean | undefined;
  readonly allowPrivateNetworkAccess: boolean | undefined;
  readonly forwardNotMatchingPreflights: boolean | undefined;
  /** Null: always. Of these the most specific level counts whatever the others say. */
  readonly enabled: RuntimeFraction | null;
  /** Null: never. */
  readonly shadow: RuntimeFraction | null;
}

/** `levels`: the most general first, at least one. */
export function layered(levels: readonly CorsPolicy[]): CorsPolicy {
  const own = levels[levels.length - 1] as CorsPolicy;
  if (levels.length === 1) return own;
  const above = layered(levels.slice(0, -1));
  return {
    allowOrigins: own.allowOrigins ?? above.allowOrigins,
    allowMethods: own.allowMethods || above.allowMethods,
    allowHeaders: own.allowHeaders || above.allowHeaders,
    exposeHeaders: own.exposeHeaders || above.exposeHeaders,
    maxAge: own.maxAge || above.maxAge,
    allowCredentials: own.allowCredentials ?? above.allowCredentials,
    allowPrivateNetworkAccess: own.allowPrivateNetworkAccess ?? above.allowPrivateNetworkAccess,
    forwardNotMatchingPreflights: own.forwardNotMatchingPreflights ?? above.forwardNotMatchingPreflights,
    enabled: own.enabled,
    shadow: own.shadow,
  };
}

/** As Envoy: a matcher that takes `*` takes every origin. */
export function allowsOrigin({ allowOrigins }: CorsPolicy, origin: string): boolean {
  if (allowOrigins === null) return false;
  for (let i = 0; i < allowOrigins.length; i++) {
    const matcher = allowOrigins[i] as StringMatcher;
    if (matcher.matches('*') || matcher.matches(origin)) return true;
  }
  return false;
}
