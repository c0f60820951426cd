// Reads what a cluster says of requests as routes do: retry_policy and request_mirror_policies of HttpProtocolOptions.
import type { Runtime } from '../../base/runtime.ts';
import type { ConfigContext } from '../../config/api.ts';
import type { HttpProtocolOptions } from '../../generated/envoy/extensions/upstreams/http/v3/http_protocol_options_pb.d.ts';
import type { ClusterManager } from '../../upstream/api.ts';
import type { ClusterRequestPolicies } from '../cluster-policies.ts';
import { readMirrorPolicies } from './mirror.ts';
import { readRetryPolicy } from './retry-policy.ts';

export interface ClusterPolicyServices {
  readonly clusters: ClusterManager;
  readonly runtime: Runtime;
}

/** For `readCluster`. As Envoy it takes names of clusters that are not there (yet). */
export function clusterPolicyReader({
  clusters,
  runtime,
}: ClusterPolicyServices): (options: HttpProtocolOptions, config: ConfigContext) => ClusterRequestPolicies | null {
  return ({ retryPolicy, requestMirrorPolicies }, config) => {
    if (retryPolicy === undefined && requestMirrorPolicies.length === 0) return null;
    const build = { clusters, runtime, config, clusterNames: null, validateClusters: false };
    return {
      retryPolicy: retryPolicy === undefined ? null : readRetryPolicy(retryPolicy, config),
      mirrors: requestMirrorPolicies.length === 0 ? null : readMirrorPolicies(requestMirrorPolicies, build),
    };
  };
}
