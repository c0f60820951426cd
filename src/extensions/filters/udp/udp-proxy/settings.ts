// Owns what the filter's configuration says, prepared for the data path.
import type { ConnectionData, MatchNode } from '../../../../matchers/api.ts';
import type { AccessLogger } from '../../../../observability/access-log/api.ts';
import type { ClusterHandle } from '../../../../upstream/api.ts';
import type { HashPolicy } from './hash-policy.ts';

export interface UdpProxySettings {
  /** All sessions go there; or a tree that says where. */
  readonly route: ClusterHandle | MatchNode<ConnectionData, ClusterHandle>;
  /** Every cluster that `route` can name. */
  readonly clusters: readonly ClusterHandle[];
  readonly idleTimeoutMs: number;
  /** Each datagram has its own choice of host. */
  readonly perPacket: boolean;
  /** Bytes: larger answers are dropped. */
  readonly maxUpstreamDatagram: number;
  /** Null: sessions have no hash. */
  readonly hashPolicy: HashPolicy | null;
  /** Of sessions. */
  readonly accessLogs: readonly AccessLogger[];
  /** 0: sessions are logged at their end only. */
  readonly logIntervalMs: number;
  /** Of the filter as a whole. */
  readonly proxyLogs: readonly AccessLogger[];
}
