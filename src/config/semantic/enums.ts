/** Values of the API's enumerations that the checks name (the generated declarations are types only). */

/** envoy.config.cluster.v3.Cluster.DiscoveryType. */
export const DiscoveryType = { STATIC: 0, STRICT_DNS: 1, LOGICAL_DNS: 2, EDS: 3, ORIGINAL_DST: 4 } as const;
export type DiscoveryType = (typeof DiscoveryType)[keyof typeof DiscoveryType];

/** envoy.config.cluster.v3.Cluster.LbPolicy. */
export const LbPolicy = { ROUND_ROBIN: 0, CLUSTER_PROVIDED: 6, LOAD_BALANCING_POLICY_CONFIG: 7 } as const;

/** envoy.config.core.v3.ApiConfigSource.ApiType. */
export const ApiType = { DEPRECATED_AND_UNAVAILABLE_DO_NOT_USE: 0, REST: 1, GRPC: 2, DELTA_GRPC: 3 } as const;

/** envoy.config.core.v3.ApiVersion. */
export const ApiVersion = { AUTO: 0, V2: 1, V3: 2 } as const;

/** envoy.config.core.v3.SocketAddress.Protocol. */
export const Protocol = { TCP: 0, UDP: 1 } as const;
