// Owns the wait of a request whose cluster has to find the host first (dynamic forward proxy).
import type { Cancellable, Cluster, HostLookupCallbacks, LoadBalancerContext } from '../upstream/api.ts';

export interface HostSeeker extends LoadBalancerContext, HostLookupCallbacks {
  /** Null: it waits for none. */
  hostLookup: Cancellable | null;
  holdDownstreamBack(on: boolean): void;
}

/** Sets `hostLookup` where there is something to wait for. Else it says, as response-code details, why there is no host. */
export function lookUpHost(seeker: HostSeeker, cluster: Cluster): string {
  const lookup = cluster.lookUpHost?.(seeker, seeker) ?? 'no_healthy_upstream';
  if (typeof lookup === 'string') return lookup;
  seeker.hostLookup = lookup;
  // Nothing more is read than what has come.
  seeker.holdDownstreamBack(true);
  return '';
}

export function stopLookingUp(seeker: HostSeeker): void {
  if (seeker.hostLookup === null) return;
  seeker.hostLookup.cancel();
  seeker.hostLookup = null;
  seeker.holdDownstreamBack(false);
}
