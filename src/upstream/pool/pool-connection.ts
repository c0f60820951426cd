// Owns one connection of a pool, whatever speaks on it: connecting with its timeout, the numbers of connections and
// bytes, the end. Connections of HTTP and of plain bytes put their own behaviour on top.
import type { Address } from '../../base/address.ts';
import type { Timer, TimerHandler } from '../../base/timers.ts';
import type { Protocol } from '../../http/codec/api.ts';
import {
  CloseType,
  type Connection,
  type ConnectionCallbacks,
  ConnectionEvent,
  type ConnectionReader,
  type StreamTransportOptions,
} from '../../network/api.ts';
import type { FilterStateMap, TlsConnectionInfo } from '../../observability/stream-info.ts';
import {
  type Host,
  PoolFailureReason,
  type Priority,
  type ResourceLimit,
  type UpstreamConnectionInfo,
} from '../api.ts';
import type { UpstreamHost } from '../host.ts';
import { connectOrder } from './address-order.ts';
import { ConnectAttempts } from './connect-attempts.ts';
import type { PoolCluster, PoolEnvironment } from './environment.ts';

/** EADDRNOTAVAIL in the words of network/socket-connection.ts. */
const cannotBind = 'Cannot assign requested address';

export abstract class PoolConnection
  implements ConnectionCallbacks, ConnectionReader, TimerHandler, UpstreamConnectionInfo
{
  abstract readonly protocol: Protocol | null;
  abstract readonly reused: boolean;

  get tls(): TlsConnectionInfo | null {
    return this.connection.tls;
  }

  get bytesWritten(): number {
    return this.connection.bytesWritten;
  }

  get filterState(): FilterStateMap | null {
    return this.#options?.filterState ?? null;
  }

  readonly host: Host;
  readonly connectStart: number;
  connectEnd = -1;
  /** 0 connecting, 1 open, 2 closed. */
  state: 0 | 1 | 2 = 0;

  protected readonly environment: PoolEnvironment;
  protected readonly cluster: PoolCluster;
  protected readonly upstreamHost: UpstreamHost;
  protected connection: Connection;
  readonly #options: StreamTransportOptions | null;
  readonly #limit: ResourceLimit;
  readonly #attempts: ConnectAttempts | null;
  #connectTimer: Timer | null;
  #durationTimer: Timer | null = null;
  #timedOut = false;
  #bytesWritten = 0;

  /** `protocols`: that ALPN offers where nothing else says; null for bytes, where the peer's FIN ends its direction alone. */
  constructor(
    environment: PoolEnvironment,
    cluster: PoolCluster,
    host: UpstreamHost,
    priority: Priority,
    options: StreamTransportOptions | null,
    protocols: readonly string[] | null,
  ) {
    this.#options = options;
    this.environment = environment;
    this.cluster = cluster;
    this.upstreamHost = host;
    this.host = host.connectionHost();
    this.connectStart = environment.clock.monotonic();
    this.#limit = cluster.circuitBreakers[priority].connections;
    this.#limit.inc();
    const { stats, config } = cluster;
    stats.upstreamCxTotal.inc();
    stats.upstreamCxActive.inc();
    host.stats.cxTotal++;
    host.stats.cxActive++;
    this.#connectTimer = environment.timers.schedule(config.connectTimeoutMs, this);
    const addresses = host.additionalAddresses;
    if (addresses.length === 0) {
      this.#attempts = null;
      this.connection = environment.connect(this.#connectOptions(this.host.address, protocols));
      this.connection.addCallbacks(this);
    } else {
      const order = connectOrder([this.host.address, ...addresses], config.happyEyeballs);
      this.#attempts = new ConnectAttempts(environment, order, this, (address) =>
        environment.connect(this.#connectOptions(address, protocols)),
      );
      this.connection = this.#attempts.current;
    }
  }

  // --- UpstreamConnectionInfo ----------------------------------------------------------------------------------------

  get id(): number {
    return this.connection.id;
  }
  get localAddress(): Address {
    return this.connection.localAddress;
  }
  get remoteAddress(): Address {
    return this.connection.remoteAddress;
  }
  get transportFailureReason(): string {
    return this.connection.transportFailureReason;
  }

  // --- what a pool's kind of connection adds -------------------------------------------------------------------------

  abstract onData(data: Buffer, endStream: boolean): void;
  abstract onAboveWriteBufferHighWatermark(): void;
  abstract onBelowWriteBufferLowWatermark(): void;
  abstract get activeStreams(): number;
  /** Established. */
  protected abstract onOpen(): void;
  protected abstract onConnectFailed(reason: PoolFailureReason, details: string): void;
  /** Was established and ended. */
  protected abstract onClosed(event: typeof ConnectionEvent.RemoteClose | typeof ConnectionEvent.LocalClose): void;
  /** max_connection_duration is over. */
  protected abstract onMaxDuration(): void;
  /** Any timer that is not this class's. */
  protected abstract onOtherTimer(timer: Timer): void;

  // --- life ----------------------------------------------------------------------------------------------------------

  /** The winner of several attempts (happy eyeballs). */
  onAttemptConnected(connection: Connection): void {
    this.connection = connection;
    connection.addCallbacks(this);
    this.onConnectionEvent(ConnectionEvent.Connected);
  }

  /** All attempts failed; `connection` is the last of them. */
  onAttemptsFailed(connection: Connection): void {
    this.connection = connection;
    this.cluster.stats.upstreamCxConnectAttemptsExceeded.inc();
    this.onConnectionEvent(ConnectionEvent.RemoteClose);
  }

  onConnectionEvent(event: ConnectionEvent): void {
    if (this.state === 2) return;
    if (event === ConnectionEvent.Connected) {
      this.#onConnected();
      return;
    }
    const wasConnecting = this.state === 0;
    const ended = wasConnecting && this.#failedToBind() ? this.#countBindError() : event;
    const active = this.activeStreams > 0;
    this.state = 2;
    this.#connectTimer?.cancel();
    this.#durationTimer?.cancel();
    this.#account(ended, wasConnecting, active);
    if (wasConnecting) {
      const reason = this.#timedOut
        ? PoolFailureReason.Timeout
        : ended === ConnectionEvent.RemoteClose
          ? PoolFailureReason.RemoteConnectionFailure
          : PoolFailureReason.LocalConnectionFailure;
      this.onConnectFailed(reason, this.transportFailureReason);
    } else {
      this.onClosed(ended);
    }
    this.cluster.onConnectionGone();
  }

  /** The source address is not this machine's: nobody was asked, the failure is ours. */
  #failedToBind(): boolean {
    return this.cluster.config.bindAddress !== null && this.transportFailureReason.includes(cannotBind);
  }

  #countBindError(): typeof ConnectionEvent.LocalClose {
    this.cluster.stats.bindErrors.inc();
    return ConnectionEvent.LocalClose;
  }

  close(type: CloseType = CloseType.NoFlush, details = ''): void {
    if (this.state === 2) return;
    if (this.#attempts !== null && this.state === 0) {
      this.#attempts.cancel();
      this.onConnectionEvent(ConnectionEvent.LocalClose);
      return;
    }
    this.connection.close(type, details);
  }

  onTimer(timer: Timer): void {
    if (timer === this.#connectTimer) {
      this.#timedOut = true;
      this.cluster.stats.upstreamCxConnectTimeout.inc();
      this.close();
    } else if (timer === this.#durationTimer) {
      this.cluster.stats.upstreamCxMaxDurationReached.inc();
      this.onMaxDuration();
    } else {
      this.onOtherTimer(timer);
    }
  }

  #onConnected(): void {
    this.state = 1;
    this.#connectTimer?.cancel();
    this.#connectTimer = null;
    this.connectEnd = this.environment.clock.monotonic();
    this.cluster.stats.upstreamCxConnectMs.record(Math.floor(this.connectEnd - this.connectStart));
    const duration = this.cluster.config.http.maxConnectionDurationMs;
    if (duration > 0) this.#durationTimer = this.environment.timers.schedule(duration, this);
    this.connection.setReader(this);
    this.onOpen();
  }

  #account(event: ConnectionEvent, wasConnecting: boolean, active: boolean): void {
    const stats = this.cluster.stats;
    const remote = event === ConnectionEvent.RemoteClose;
    stats.upstreamCxDestroy.inc();
    (remote ? stats.upstreamCxDestroyRemote : stats.upstreamCxDestroyLocal).inc();
    if (active) {
      stats.upstreamCxDestroyWithActiveRq.inc();
      (remote ? stats.upstreamCxDestroyRemoteWithActiveRq : stats.upstreamCxDestroyLocalWithActiveRq).inc();
    }
    if (wasConnecting) {
      stats.upstreamCxConnectFail.inc();
      this.upstreamHost.stats.cxConnectFail++;
    }
    this.countWritten();
    stats.upstreamCxLengthMs.record(Math.floor(this.environment.clock.monotonic() - this.connectStart));
    stats.upstreamCxActive.dec();
    this.upstreamHost.stats.cxActive--;
    this.#limit.dec();
  }

  /** Adds what was written since the last time; called when there is something to do anyway. */
  protected countWritten(): void {
    const written = this.connection.bytesWritten;
    if (written === this.#bytesWritten) return;
    this.cluster.stats.upstreamCxTxBytesTotal.add(written - this.#bytesWritten);
    this.#bytesWritten = written;
  }

  #connectOptions(address: Address, protocols: readonly string[] | null): Parameters<PoolEnvironment['connect']>[0] {
    const { bindAddress, tcpKeepalive, perConnectionBufferLimitBytes: bufferLimit } = this.cluster.config;
    const { transport } = this.upstreamHost;
    const { timers } = this.environment;
    const halfClose = protocols === null;
    const fallbackProtocols = protocols ?? [];
    const transportOptions = { hostname: this.host.hostname, fallbackProtocols, streams: this.#options };
    return { address, bindAddress, tcpKeepalive, bufferLimit, timers, halfClose, transport, transportOptions };
  }
}
