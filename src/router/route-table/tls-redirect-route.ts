// Owns what a virtual host with require_tls answers to a request that came without TLS.
import type { RequestHeaders } from '../../http/headers/header-map.ts';
import { Names } from '../../http/headers/name.ts';
import type { RedirectRoute } from '../api.ts';
import { PreparedRouteBase } from './route-base.ts';

export const TlsRequirement = { None: 0, ExternalOnly: 1, All: 2 } as const;
export type TlsRequirement = (typeof TlsRequirement)[keyof typeof TlsRequirement];

export class TlsRedirectRoute extends PreparedRouteBase implements RedirectRoute {
  readonly kind = 'redirect';
  readonly status = 301;

  /** As Envoy: the port stays what it was. */
  location(headers: RequestHeaders): string {
    return `https://${headers.authority}${headers.path}`;
  }
}

/** Must this request be sent to https? The connection manager has set x-forwarded-proto and x-envoy-internal. */
export function needsTls(requirement: TlsRequirement, headers: RequestHeaders): boolean {
  if (requirement === TlsRequirement.None || headers.get(Names.xForwardedProto) === 'https') return false;
  return requirement === TlsRequirement.All || headers.get(Names.xEnvoyInternal) !== 'true';
}
