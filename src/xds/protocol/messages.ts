// What goes over a discovery stream in both directions, as plain objects: the protocol's state is worked out on these, and
// wire-config.ts turns them into messages and back. https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol

/** Why an update was refused, for error_detail. */
export interface Refusal {
  /** A gRPC code; Envoy's is 13, whatever the reason. */
  readonly code: number;
  readonly message: string;
}

/** Name that stands for every resource of a type. */
export const wildcard = '*';

/** DiscoveryRequest, of the state of the world. */
export interface StateRequest {
  readonly typeUrl: string;
  /** Of the last update that was taken; empty before. */
  readonly versionInfo: string;
  /** Nonce of the response it answers; empty on a stream that brought none of the type. */
  readonly responseNonce: string;
  /** Empty: all there are. */
  readonly resourceNames: readonly string[];
  readonly refusal: Refusal | null;
}

/** DeltaDiscoveryRequest. */
export interface DeltaRequest {
  readonly typeUrl: string;
  /** Empty where it answers nothing. */
  readonly responseNonce: string;
  readonly subscribe: readonly string[];
  readonly unsubscribe: readonly string[];
  /** What is here already, on the first request of a type on a stream: version by name. */
  readonly initialVersions: ReadonlyMap<string, string>;
  readonly refusal: Refusal | null;
}

/** Bytes of a google.protobuf.Any. */
export interface PackedResource {
  readonly typeUrl: string;
  readonly value: Uint8Array;
}

/** A resource of an update, or a sign of life for one that is known. */
export interface NamedResource {
  /** Empty in an update of the state of the world that does not wrap its resources: the name stands in the resource. */
  readonly name: string;
  /** Of the resource alone (delta). */
  readonly version: string;
  /** Milliseconds it lives without a further sign; 0: for good. */
  readonly ttlMs: number;
  /** Null: only a sign of life (heartbeat). */
  readonly resource: PackedResource | null;
}

export interface DiscoveryUpdate {
  readonly typeUrl: string;
  /** version_info, system_version_info. */
  readonly version: string;
  readonly nonce: string;
  readonly resources: readonly NamedResource[];
  /** Delta only. */
  readonly removed: readonly string[];
  /** control_plane.identifier. */
  readonly controlPlane: string;
}
