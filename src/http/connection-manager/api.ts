// What the connection manager offers to the network-filter extension that wraps it.
import type { ConfigContext } from '../../config/api.ts';
import type { StatsScope } from '../../observability/stats/api.ts';
import type { RouteProviders } from '../../router/api.ts';
import type { ProcessServices, TrafficDirection } from '../../upstream/services.ts';

export type { StreamInfo } from '../../observability/stream-info.ts';
export { connectionManagerFactory } from './factory.ts';
export {
  addressFromTheRight,
  contains,
  type ForwardedAddress,
  lastUntrustedAddress,
} from './forwarded-for.ts';
export type {
  DetectedAddress,
  EarlyHeaderMutation,
  EarlyHeaderMutationFactory,
  OriginalIpDetection,
  OriginalIpDetectionFactory,
} from './request-extensions.ts';

export interface ConnectionManagerContext {
  readonly services: ProcessServices;
  /** For errors with positions. */
  readonly config: ConfigContext;
  readonly routes: RouteProviders;
  /** `listener.ADDRESS.`. */
  readonly listenerScope: StatsScope;
  readonly direction: TrafficDirection;
  /** drain_type MODIFY_ONLY of the listener: failing health checks do not drain it. */
  readonly drainsOnModifyOnly: boolean;
  /** per_connection_buffer_limit_bytes of the listener. */
  readonly bufferLimit: number;
  /** Active once the filter chain or listener is on its way out, since that time (monotonic milliseconds). */
  readonly draining: { readonly active: boolean; readonly since: number };
}
