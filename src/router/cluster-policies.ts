// Owns what a cluster may say of requests in place of their route: how they are tried again, and where copies go. As Envoy:
// a cluster's word replaces the route's, all of it; timeouts of attempts stay the route's.
import type { Cluster } from '../upstream/api.ts';
import type { ForwardRoute, MirrorPolicy, RetryPolicy } from './api.ts';

export interface ClusterRequestPolicies {
  readonly retryPolicy: RetryPolicy | null;
  /** Null where it says nothing. */
  readonly mirrors: readonly MirrorPolicy[] | null;
}

/** Null for most clusters. They come from config/cluster-policies.ts; the cluster only carries them. */
export function clusterPolicies({ info }: Cluster): ClusterRequestPolicies | null {
  return info.policies as ClusterRequestPolicies | null;
}

export function retryPolicyFor(cluster: Cluster, route: ForwardRoute): RetryPolicy | null {
  return clusterPolicies(cluster)?.retryPolicy ?? route.retryPolicy;
}

export function mirrorsFor(cluster: Cluster, route: ForwardRoute): readonly MirrorPolicy[] {
  return clusterPolicies(cluster)?.mirrors ?? route.mirrors;
}
