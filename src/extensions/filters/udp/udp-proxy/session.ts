// Owns a session: the socket to a host for the datagrams of one client socket, its idle timeout, its numbers. It ends when it
// was idle for too long, when its host leaves the cluster, when the cluster goes, or with the filter.
import { type IpAddress, ipAddress } from '../../../../base/address.ts';
import type { LazyTimeout, TimeoutHandler } from '../../../../base/lazy-timeout.ts';
import type { Timer, TimerHandler } from '../../../../base/timers.ts';
import type { UdpListenSocket, UdpReceiver, UdpSocket } from '../../../../listener/api.ts';
import { AccessLogType } from '../../../../observability/access-log/api.ts';
import { ResponseFlag, UpstreamInfo } from '../../../../observability/api.ts';
import { type Cluster, type Host, type HostUser, Priority } from '../../../../upstream/api.ts';
import { SessionLog, type SessionNumbers, takeSessionId } from './log.ts';
import type { SharedState } from './shared-state.ts';
import { statsOf, type UdpClusterStats } from './stats.ts';

export class UdpSession implements UdpReceiver, TimeoutHandler, TimerHandler, HostUser {
  readonly key: string;
  readonly cluster: Cluster;
  readonly #shared: SharedState;
  /** As the client's datagrams bring it. */
  readonly #address: string;
  readonly #port: number;
  readonly #downstream: UdpListenSocket;
  readonly #clusterStats: UdpClusterStats;
  readonly #numbers: SessionNumbers = { rxBytes: 0, rxDatagrams: 0, txBytes: 0, txDatagrams: 0, txErrors: 0 };
  /** Null where nobody logs sessions. */
  readonly #log: SessionLog | null;
  #host: Host | null = null;
  #upstream: UdpSocket | null = null;
  #upstreamInfo: UpstreamInfo | null = null;
  #idle: LazyTimeout | null = null;
  #logTimer: Timer | null = null;
  #ended = false;

  constructor(
    shared: SharedState,
    key: string,
    address: string,
    port: number,
    downstream: UdpListenSocket,
    cluster: Cluster,
  ) {
    this.#shared = shared;
    this.key = key;
    this.#address = address;
    this.#port = port;
    this.#downstream = downstream;
    this.cluster = cluster;
    this.#clusterStats = statsOf(cluster);
    const id = takeSessionId();
    shared.stats.sessionsTotal.inc();
    shared.stats.sessionsActive.inc();
    const { accessLogs } = shared.settings;
    const { services, callbacks } = shared;
    this.#log =
      accessLogs.length === 0
        ? null
        : new SessionLog(
            accessLogs,
            services,
            id,
            callbacks.listenerName,
            plainAddress(address, port),
            downstream.localAddress,
          );
  }

  get host(): Host | null {
    return this.#host;
  }

  get maxDatagram(): number {
    return this.#shared.settings.maxUpstreamDatagram;
  }

  /** False, and it has ended, where the cluster's breaker lets no more sessions in. */
  open(host: Host, address: IpAddress): boolean {
    const { connections } = this.cluster.circuitBreakers[Priority.Default];
    if (!connections.canCreate()) {
      this.cluster.stats.upstreamCxOverflow.inc();
      this.#log?.setFlag(ResponseFlag.UpstreamOverflow);
      this.end();
      return false;
    }
    connections.inc();
    this.#host = host;
    this.cluster.join(host, this);
    this.#upstream = this.#shared.callbacks.connect(address, this);
    if (this.#log !== null) {
      this.#upstreamInfo = new UpstreamInfo();
      this.#log.onUpstream(this.#upstreamInfo, host);
    }
    const { settings, services } = this.#shared;
    // As Envoy a timeout of 0 ends the session in the next turn.
    const idleMs = Math.max(1, settings.idleTimeoutMs);
    this.#idle = services.timeouts.start(idleMs, this, services.clock.monotonic());
    if (this.#log !== null && settings.logIntervalMs > 0) {
      this.#logTimer = services.timers.schedule(settings.logIntervalMs, this);
    }
    return true;
  }

  /** From the client. */
  onClientDatagram(data: Buffer): void {
    const { stats, services } = this.#shared;
    stats.rxBytes.add(data.length);
    stats.rxDatagrams.inc();
    this.#numbers.rxBytes += data.length;
    this.#numbers.rxDatagrams++;
    this.#idle?.touch(services.clock.monotonic());
    this.#upstream?.send(data, this.#sentUp);
  }

  readonly #sentUp = (error: Error | null, bytes: number): void => {
    if (error !== null) {
      this.#clusterStats.txErrors.inc();
      return;
    }
    this.#clusterStats.txDatagrams.inc();
    this.#clusterStats.txBytes.add(bytes);
  };

  /** From the host. */
  onDatagram(data: Buffer): void {
    if (this.#ended) return;
    this.#idle?.touch(this.#shared.services.clock.monotonic());
    this.#clusterStats.rxDatagrams.inc();
    this.#clusterStats.rxBytes.add(data.length);
    this.#downstream.sendTo(data, this.#port, this.#address, this.#sentDown);
  }

  readonly #sentDown = (error: Error | null, bytes: number): void => {
    const { stats } = this.#shared;
    if (error !== null) {
      stats.txErrors.inc();
      this.#numbers.txErrors++;
      return;
    }
    stats.txDatagrams.inc();
    stats.txBytes.add(bytes);
    this.#numbers.txDatagrams++;
    this.#numbers.txBytes += bytes;
  };

  onTooLarge(): void {
    this.#clusterStats.rxDropped.inc();
  }

  /** Nobody listens there, most likely. As in Envoy the session goes on: somebody may, by and by. */
  onReceiveError(): void {
    this.#clusterStats.rxErrors.inc();
  }

  onTimeout(): void {
    this.#idle = null;
    this.#shared.stats.idleTimeout.inc();
    this.end();
  }

  /** access_log_flush_interval. */
  onTimer(timer: Timer): void {
    this.#write(AccessLogType.UdpPeriodic);
    timer.refresh();
  }

  onHostRemoved(): void {
    this.end();
  }

  /** Idempotent. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#shared.sessions.delete(this.key);
    this.#idle?.release();
    this.#idle = null;
    this.#logTimer?.cancel();
    this.#shared.stats.sessionsActive.dec();
    this.#write(AccessLogType.UdpSessionEnd);
    this.#upstream?.close();
    if (this.#host === null) return;
    this.cluster.leave(this.#host, this);
    this.cluster.circuitBreakers[Priority.Default].connections.dec();
  }

  #write(logType: AccessLogType): void {
    if (this.#log === null) return;
    if (this.#upstreamInfo !== null) this.#upstreamInfo.localAddress = this.#upstream?.localAddress ?? null;
    this.#log.write(logType, this.cluster.info.name, this.#numbers);
  }
}

/** A dual-stack socket shows IPv4 clients as IPv4-mapped IPv6; Envoy shows them as IPv4. */
export function plainAddress(address: string, port: number): IpAddress {
  return ipAddress(address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address, port);
}
