// Owns the reading of ORIGINAL_DST clusters' settings: `original_dst_lb_config` and `cleanup_interval`.
import { durationMs } from '../base/duration.ts';
import type { Cluster } from '../generated/envoy/config/cluster/v3/cluster_pb.d.ts';
import { headerName } from '../http/headers/api.ts';
import type { OriginalDstConfig } from './clusters/original-dst.ts';

export function readOriginalDst(cluster: Cluster): OriginalDstConfig {
  const settings = cluster.lbConfig.case === 'originalDstLbConfig' ? cluster.lbConfig.value : undefined;
  const header = settings?.httpHeaderName || 'x-envoy-original-dst-host';
  const key = settings?.metadataKey;
  const path = key?.path.map(({ segment }) => (segment.case === 'key' ? segment.value : '')) ?? [];
  return {
    header: settings?.useHttpHeader === true ? headerName(header) : null,
    metadata: key === undefined ? null : { namespace: key.key, path },
    port: settings?.upstreamPortOverride ?? null,
    cleanupIntervalMs: durationMs(cluster.cleanupInterval, 5000),
  };
}
