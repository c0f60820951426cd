// Owns what the filter is told of tunnels: the HTTP request that opens one, and what is kept of its answer.
import type { Formatter } from '../../../../observability/access-log/api.ts';
import type { HeaderRules } from '../../../../router/api.ts';

export interface TunnelSettings {
  readonly hostname: Formatter;
  readonly usePost: boolean;
  readonly postPath: string;
  readonly headers: HeaderRules | null;
  readonly propagateHeaders: boolean;
  readonly propagateTrailers: boolean;
}
