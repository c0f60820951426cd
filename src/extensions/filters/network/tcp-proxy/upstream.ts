// What the filter knows of the far side of a connection, plain or in a tunnel.
import type { Host, PoolFailureReason, UpstreamConnectionInfo } from '../../../../upstream/api.ts';

/** How the client's connection ended. */
export type DownstreamEnd = 'remote' | 'local' | 'reset';

export interface Upstream {
  /** A local end of the client's connection is told as the reason for the end of this one. */
  readonly takesReason: boolean;
  /** Borrowed `data`. `endStream`: the client half-closed. */
  write(data: Buffer, endStream: boolean): void;
  /** Counts. */
  readDisable(disable: boolean): void;
  /** The client is gone, and nothing is told any more. `reason` is for logs. Also gives up the wait for a connection. */
  onDownstreamClosed(end: DownstreamEnd, reason: string): void;
}

export interface UpstreamOwner {
  onUpstreamConnected(upstream: Upstream, host: Host, connection: UpstreamConnectionInfo): void;
  /** There is none. `retriable` false: another attempt would end alike. */
  onUpstreamFailed(reason: PoolFailureReason, details: string, host: Host | null): void;
  /** Borrowed `data`. `endStream`: the host half-closed. */
  onUpstreamData(data: Buffer, endStream: boolean): void;
  /** `reset`: without a word of farewell. */
  onUpstreamClosed(reset: boolean): void;
  /** What a tunnel has cost on the wire: once for each that ends. */
  onTunnelBytes(sent: number, received: number): void;
  onUpstreamAboveHighWatermark(): void;
  onUpstreamBelowLowWatermark(): void;
}
