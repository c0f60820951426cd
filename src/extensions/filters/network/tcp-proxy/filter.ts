// Owns one proxied connection: chooses its cluster, connects, again where it may, then passes bytes both ways, each
// direction with its own end and its own brake, until either side is gone.
import type { LazyTimeout, TimeoutHandler } from '../../../../base/lazy-timeout.ts';
import type { Timer, TimerHandler } from '../../../../base/timers.ts';
import {
  CloseType,
  type Connection,
  type ConnectionCallbacks,
  ConnectionEvent,
  FilterStatus,
  type ReadFilter,
  type ReadFilterCallbacks,
} from '../../../../network/api.ts';
import { AccessLogType } from '../../../../observability/access-log/api.ts';
import { ResponseFlag, type StreamInfo, UpstreamInfo } from '../../../../observability/api.ts';
import { type Cluster, type Host, PoolFailureReason, type UpstreamConnectionInfo } from '../../../../upstream/api.ts';
import { connectUpstream, looksUpHost, type UpstreamServices } from './connect.ts';
import { EarlyData } from './early-data.ts';
import { clusterKey, idleTimeoutOf } from './filter-state.ts';
import type { TcpLog } from './log.ts';
import { addProxyValues } from './proxy-values.ts';
import type { TcpProxySettings, TcpRoute } from './settings.ts';
import type { TcpProxyStats } from './stats.ts';
import type { DownstreamEnd, Upstream, UpstreamOwner } from './upstream.ts';

/** Numbers are Envoy's: the log shows them. */
const InitFailure = { ConnectFailed: 0, NoHealthyUpstream: 1, ResourceLimitExceeded: 2, NoRoute: 3 } as const;
type InitFailure = (typeof InitFailure)[keyof typeof InitFailure];

/** What all connections of a filter chain share. */
export interface TcpProxyShared extends UpstreamServices {
  readonly settings: TcpProxySettings;
  readonly stats: TcpProxyStats;
  readonly log: TcpLog;
}

export class TcpProxyFilter implements ReadFilter, ConnectionCallbacks, TimeoutHandler, TimerHandler, UpstreamOwner {
  readonly #shared: TcpProxyShared;
  #callbacks!: ReadFilterCallbacks;
  #connection!: Connection;
  #streamInfo!: StreamInfo;
  #upstreamInfo!: UpstreamInfo;
  #route: TcpRoute | null = null;
  #cluster: Cluster | null = null;
  /** Null before the connection is there, and when it has ended. */
  #upstream: Upstream | null = null;
  /** The attempt that waits for a connection. */
  #connecting: Upstream | null = null;
  /** The client is not read, since there is nowhere to put its bytes. */
  #held = false;
  #early: EarlyData | null = null;
  #idleTimeoutMs: number;
  #idle: LazyTimeout | null = null;
  #duration: Timer | null = null;
  #logTimer: Timer | null = null;
  #backOff: Timer | null = null;
  #closed = false;
  #tunnelSent = 0;
  #tunnelReceived = 0;

  constructor(shared: TcpProxyShared) {
    this.#shared = shared;
    this.#idleTimeoutMs = shared.settings.idleTimeoutMs;
  }

  initialize(callbacks: ReadFilterCallbacks): void {
    const { settings, stats } = this.#shared;
    this.#callbacks = callbacks;
    this.#connection = callbacks.connection;
    stats.downstreamCxTotal.inc();
    this.#connection.addCallbacks(this);
    this.#connection.enableHalfClose?.();
    // A TLS socket may bring what it had deciphered, held back or not.
    this.#early = new EarlyData(Math.max(0, settings.maxEarlyBytes));
    if (settings.maxEarlyBytes < 0) this.#hold();
  }

  // --- the beginning -------------------------------------------------------------------------------------------------

  onNewConnection(): FilterStatus {
    const { settings, services, log } = this.#shared;
    const { timers, random } = services;
    this.#streamInfo = this.#callbacks.streamInfo;
    this.#upstreamInfo = new UpstreamInfo();
    this.#streamInfo.upstream = this.#upstreamInfo;
    this.#idleTimeoutMs = idleTimeoutOf(this.#streamInfo) ?? this.#idleTimeoutMs;
    const { maxDurationMs } = settings;
    if (maxDurationMs > 0) {
      const more = settings.maxDurationJitter === 0 ? 0 : (random.fraction() * settings.maxDurationJitter) / 100;
      this.#duration = timers.schedule(maxDurationMs * (1 + more), this);
    }
    if (settings.logIntervalMs > 0) this.#logTimer = timers.schedule(settings.logIntervalMs, this);
    if (settings.logOnStart) log.write(this.#streamInfo, this.#connection, AccessLogType.TcpConnectionStart);
    if (!settings.connectOnData) this.#connect();
    return FilterStatus.StopIteration;
  }

  #connect(): void {
    const { settings, services, stats } = this.#shared;
    const info = this.#streamInfo;
    this.#backOff = null;
    const named = info.filterState?.get(clusterKey)?.text;
    this.#route =
      named === undefined
        ? settings.routes.pick(services.random)
        : { cluster: services.clusters.handle(named), metadataMatch: null };
    const cluster = this.#route?.cluster.cluster ?? null;
    this.#cluster = cluster;
    if (cluster === null) {
      stats.downstreamCxNoRoute.inc();
      this.#giveUp(ResponseFlag.NoClusterFound, InitFailure.NoRoute);
      return;
    }
    info.clusterName = cluster.info.name;
    info.clusterObservabilityName = cluster.info.observabilityName;
    if (!cluster.circuitBreakers[0].connections.canCreate()) {
      cluster.stats.upstreamCxOverflow.inc();
      this.#giveUp(ResponseFlag.UpstreamOverflow, InitFailure.ResourceLimitExceeded);
      return;
    }
    if (this.#upstreamInfo.attemptCount >= settings.maxConnectAttempts) {
      cluster.stats.upstreamCxConnectAttemptsExceeded.inc();
      this.#giveUp(ResponseFlag.UpstreamRetryLimitExceeded, InitFailure.ConnectFailed);
      return;
    }
    const { proxyValues } = settings;
    if (proxyValues !== null && this.#upstreamInfo.attemptCount === 0) addProxyValues(proxyValues, this.#callbacks);
    const upstream = connectUpstream(this.#shared, this, this.#route as TcpRoute, cluster, this.#callbacks);
    if (upstream === null) {
      // As in Envoy no connection waits for its host to be looked up: the next one may find it.
      if (!looksUpHost(cluster, this.#streamInfo)) cluster.stats.upstreamCxNoneHealthy.inc();
      this.#giveUp(ResponseFlag.NoHealthyUpstream, InitFailure.NoHealthyUpstream);
      return;
    }
    this.#upstreamInfo.attemptCount++;
    this.#connecting = upstream.side;
    // May have an end, good or bad, before it returns.
    upstream.start();
  }

  #giveUp(flag: number, failure: InitFailure): void {
    this.#streamInfo.setFlag(flag);
    // Envoy's spelling.
    this.#connection.close(CloseType.NoFlush, `tcp_initializion_failure:${failure}`);
  }

  onUpstreamFailed(reason: PoolFailureReason, details: string, host: Host | null): void {
    this.#connecting = null;
    if (this.#closed) return;
    const info = this.#upstreamInfo;
    if (host !== null) info.host = host;
    // Of a connection only: the words of a full circuit breaker are ours.
    if (reason !== PoolFailureReason.Overflow) info.transportFailureReason = details;
    if (reason === PoolFailureReason.RemoteConnectionFailure || reason === PoolFailureReason.Timeout) {
      this.#streamInfo.setFlag(ResponseFlag.UpstreamConnectionFailure);
    }
    const { backOff } = this.#shared.settings;
    const attempts = info.attemptCount;
    if (backOff === null || attempts >= this.#shared.settings.maxConnectAttempts) {
      this.#connect();
      return;
    }
    const { random, timers } = this.#shared.services;
    const ceiling = Math.min(backOff.maxMs, backOff.baseMs * (2 ** Math.min(attempts, 30) - 1));
    this.#backOff = timers.schedule(Math.floor(random.fraction() * ceiling), this);
  }

  onUpstreamConnected(upstream: Upstream, host: Host, connection: UpstreamConnectionInfo): void {
    this.#connecting = null;
    this.#upstream = upstream;
    const { services, settings, log } = this.#shared;
    const info = this.#upstreamInfo;
    const now = services.clock.monotonic();
    info.host = host;
    info.localAddress = connection.localAddress.text === '' ? null : connection.localAddress;
    info.remoteAddress = connection.remoteAddress;
    info.connectionId = connection.id;
    info.connectStart = connection.connectStart;
    info.connectEnd = connection.connectEnd;
    info.tls = connection.tls;
    this.#idle = services.timeouts.start(this.#idleTimeoutMs, this, now);
    if (settings.logOnConnected) log.write(this.#streamInfo, this.#connection, AccessLogType.TcpUpstreamConnected);
    const early = this.#early;
    if (early !== null) {
      this.#early = null;
      const { data, endStream } = early.take();
      if (data.length > 0 || endStream) this.#sendUp(data, endStream);
    }
    this.#release();
  }

  // --- bytes ---------------------------------------------------------------------------------------------------------

  onData(data: Buffer, endStream: boolean): FilterStatus {
    if (this.#upstream !== null) this.#sendUp(data, endStream);
    else if (this.#early !== null && !this.#closed) this.#keepEarly(this.#early, data, endStream);
    return FilterStatus.StopIteration;
  }

  #keepEarly(early: EarlyData, data: Buffer, endStream: boolean): void {
    const first = early.isEmpty;
    early.add(data, endStream);
    const { settings, stats } = this.#shared;
    if (settings.maxEarlyBytes >= 0) stats.earlyDataReceivedCountTotal.inc();
    // What came in one read is kept, even beyond the limit; more is not read.
    if (early.isFull) this.#hold();
    if (first && settings.connectOnData) this.#connect();
  }

  #sendUp(data: Buffer, endStream: boolean): void {
    const { length } = data;
    this.#streamInfo.bytesReceived += length;
    this.#shared.stats.downstreamCxRxBytesTotal.add(length);
    this.#touch();
    this.#upstream?.write(data, endStream);
  }

  onUpstreamData(data: Buffer, endStream: boolean): void {
    const { length } = data;
    this.#streamInfo.bytesSent += length;
    this.#shared.stats.downstreamCxTxBytesTotal.add(length);
    this.#touch();
    const connection = this.#connection;
    if (length !== 0) {
      connection.writeBuffer(data);
      // One read is one write: there is nothing to gather.
      connection.flush();
    }
    if (endStream) connection.endWrite();
  }

  #touch(): void {
    this.#idle?.touch(this.#shared.services.clock.monotonic());
  }

  // --- brakes --------------------------------------------------------------------------------------------------------

  #hold(): void {
    if (this.#held) return;
    this.#held = true;
    this.#connection.readDisable(true);
  }

  #release(): void {
    if (!this.#held) return;
    this.#held = false;
    this.#connection.readDisable(false);
  }

  onUpstreamAboveHighWatermark(): void {
    this.#shared.stats.downstreamFlowControlPausedReading.inc();
    this.#connection.readDisable(true);
  }

  onUpstreamBelowLowWatermark(): void {
    this.#shared.stats.downstreamFlowControlResumedReading.inc();
    this.#touch();
    this.#connection.readDisable(false);
  }

  onAboveWriteBufferHighWatermark(): void {
    this.#cluster?.stats.upstreamFlowControlPausedReading.inc();
    this.#upstream?.readDisable(true);
  }

  onBelowWriteBufferLowWatermark(): void {
    this.#cluster?.stats.upstreamFlowControlResumedReading.inc();
    this.#touch();
    this.#upstream?.readDisable(false);
  }

  // --- the end -------------------------------------------------------------------------------------------------------

  onUpstreamClosed(reset: boolean): void {
    this.#upstream = null;
    if (this.#closed) return;
    this.#stopIdle();
    if (!reset) {
      this.#connection.close(CloseType.Flush);
      return;
    }
    this.#streamInfo.setFlag(ResponseFlag.UpstreamRemoteReset);
    this.#upstreamInfo.connectionEnd = { detectedCloseType: 'RemoteReset', localCloseReason: '' };
    this.#connection.close(CloseType.Abort);
  }

  onConnectionEvent(event: ConnectionEvent): void {
    if (event === ConnectionEvent.Connected || this.#closed) return;
    this.#closed = true;
    this.#duration?.cancel();
    this.#logTimer?.cancel();
    this.#backOff?.cancel();
    this.#stopIdle();
    const connection = this.#connection;
    const upstream = this.#upstream ?? this.#connecting;
    this.#upstream = null;
    this.#connecting = null;
    this.#early = null;
    if (upstream !== null) {
      const end = howItEnded(event, connection);
      const reason = end === 'local' ? (connection.localCloseReason ?? '') : '';
      if (end === 'local' && upstream.takesReason)
        this.#upstreamInfo.connectionEnd = { detectedCloseType: 'Normal', localCloseReason: reason };
      upstream.onDownstreamClosed(end, reason);
    }
    // Another filter may have closed the connection before this one ever saw it.
    if (this.#streamInfo === undefined) this.#streamInfo = this.#callbacks.streamInfo;
    this.#countWire();
    this.#shared.log.write(this.#streamInfo, connection, AccessLogType.TcpConnectionEnd);
  }

  #countWire(): void {
    const info = this.#streamInfo;
    info.wireBytesReceived = info.bytesReceived;
    info.wireBytesSent = info.bytesSent;
    const upstream = info.upstream;
    if (upstream === null) return;
    upstream.wireBytesSent = info.bytesReceived + this.#tunnelSent;
    upstream.wireBytesReceived = info.bytesSent + this.#tunnelReceived;
  }

  onTunnelBytes(sent: number, received: number): void {
    this.#tunnelSent += sent;
    this.#tunnelReceived += received;
  }

  #stopIdle(): void {
    this.#idle?.release();
    this.#idle = null;
  }

  onTimeout(): void {
    this.#idle = null;
    this.#shared.stats.idleTimeout.inc();
    this.#connection.close(CloseType.NoFlush, 'tcp_session_idle_timeout');
  }

  onTimer(timer: Timer): void {
    if (timer === this.#backOff) {
      this.#connect();
    } else if (timer === this.#logTimer) {
      this.#countWire();
      this.#shared.log.write(this.#streamInfo, this.#connection, AccessLogType.TcpPeriodic);
      timer.refresh();
    } else if (timer === this.#duration) {
      this.#streamInfo.setFlag(ResponseFlag.DurationTimeout);
      this.#shared.stats.maxDownstreamConnectionDuration.inc();
      this.#connection.close(CloseType.NoFlush, 'max_connection_duration_reached');
    }
  }
}

function howItEnded(event: ConnectionEvent, connection: Connection): DownstreamEnd {
  if (event === ConnectionEvent.LocalClose) return 'local';
  return connection.detectedCloseType === 'RemoteReset' ? 'reset' : 'remote';
}
