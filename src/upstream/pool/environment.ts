// Owns what pools need of the world and of their cluster.
import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import type { Timers } from '../../base/timers.ts';
import type {
  ClientCodec,
  ClientCodecCallbacks,
  CodecConnection,
  Http1CodecStats,
  Http1Settings,
} from '../../http/codec/api.ts';
import type { Http2CodecStats, Http2Services, Http2Settings } from '../../http/codec/h2/api.ts';
import type { Connection } from '../../network/api.ts';
import type { ConnectOptions } from '../../network/connect.ts';
import type { CircuitBreaker } from '../api.ts';
import type { ClusterConfig } from '../cluster-config.ts';
import type { ClusterStats } from '../cluster-stats.ts';

export interface PoolEnvironment {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  /** network/connect.ts. */
  connect(options: ConnectOptions): Connection;
  /** http/codec/h1. */
  createHttp1Codec(
    connection: CodecConnection,
    callbacks: ClientCodecCallbacks,
    settings: Http1Settings,
    stats: Http1CodecStats,
  ): ClientCodec;
  /** http/codec/h2. `streamBufferLimit`: octets of a stream that may wait for the peer. */
  createHttp2Codec(
    connection: CodecConnection,
    callbacks: ClientCodecCallbacks,
    settings: Http2Settings,
    stats: Http2CodecStats,
    streamBufferLimit: number,
    services: Http2Services | null,
  ): ClientCodec;
}

export interface PoolCluster {
  readonly config: ClusterConfig;
  readonly stats: ClusterStats;
  readonly circuitBreakers: readonly [defaultPriority: CircuitBreaker, highPriority: CircuitBreaker];
  /** Cleared when the last connection of a removed cluster has gone; see Cluster.remove. */
  onConnectionGone(): void;
}
