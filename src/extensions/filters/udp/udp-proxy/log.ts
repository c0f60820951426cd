// Owns the lines of the filter's access logs: of a session (at its end, and while it lives), and of the filter as a whole.
import type { Address } from '../../../../base/address.ts';
import type { ListenerFilterContext } from '../../../../listener/api.ts';
import { type AccessLogger, AccessLogType, contextWithoutResponse } from '../../../../observability/access-log/api.ts';
import {
  type DownstreamConnectionInfo,
  noAddress,
  StreamInfo,
  type UpstreamInfo,
} from '../../../../observability/api.ts';
import type { Host } from '../../../../upstream/api.ts';
import type { UdpProxyStats } from './stats.ts';

const sessionNamespace = 'udp.proxy.session';
const proxyNamespace = 'udp.proxy.proxy';

/** What a session has carried. */
export interface SessionNumbers {
  rxBytes: number;
  rxDatagrams: number;
  txBytes: number;
  txDatagrams: number;
  txErrors: number;
}

/** Ids of sessions, of the whole process, as Envoy has them: %CONNECTION_ID%. */
let nextSessionId = 0;

export function takeSessionId(): number {
  return nextSessionId++;
}

export class SessionLog {
  readonly #loggers: readonly AccessLogger[];
  readonly #services: ListenerFilterContext['services'];
  readonly #info: StreamInfo;

  constructor(
    loggers: readonly AccessLogger[],
    services: ListenerFilterContext['services'],
    id: number,
    listenerName: string,
    peer: Address,
    local: Address,
  ) {
    this.#loggers = loggers;
    this.#services = services;
    const { clock, random } = services;
    this.#info = new StreamInfo(clock.monotonic(), clock.wall(), connectionInfo(id, listenerName, peer, local));
    this.#info.requestId = random.uuid();
  }

  setFlag(flag: number): void {
    this.#info.setFlag(flag);
  }

  onUpstream(upstream: UpstreamInfo, host: Host): void {
    this.#info.upstream = upstream;
    // As in Envoy the log of a session does not know its cluster but by the metadata.
    const { address, hostname, metadata, locality } = host;
    upstream.host = { address, hostname, metadata, locality, clusterName: '', clusterObservabilityName: '' };
    upstream.remoteAddress = address;
  }

  write(logType: AccessLogType, clusterName: string, numbers: SessionNumbers): void {
    const info = this.#info;
    if (logType === AccessLogType.UdpSessionEnd) info.requestComplete = this.#services.clock.monotonic();
    info.bytesReceived = numbers.rxBytes;
    info.bytesSent = numbers.txBytes;
    info.setDynamicMetadata(sessionNamespace, {
      cluster_name: clusterName,
      bytes_sent: numbers.txBytes,
      bytes_received: numbers.rxBytes,
      errors_sent: numbers.txErrors,
      datagrams_sent: numbers.txDatagrams,
      datagrams_received: numbers.rxDatagrams,
    });
    write(this.#loggers, info, logType);
  }
}

/** The one line of a filter, when it ends. */
export class ProxyLog {
  readonly #loggers: readonly AccessLogger[];
  readonly #services: ListenerFilterContext['services'];
  readonly #info: StreamInfo;

  constructor(loggers: readonly AccessLogger[], services: ListenerFilterContext['services'], listenerName: string) {
    this.#loggers = loggers;
    this.#services = services;
    const { clock } = services;
    const connection = connectionInfo(0, listenerName, noAddress, noAddress);
    this.#info = new StreamInfo(clock.monotonic(), clock.wall(), connection);
  }

  write(stats: UdpProxyStats): void {
    const info = this.#info;
    info.requestComplete = this.#services.clock.monotonic();
    info.bytesReceived = stats.rxBytes.value;
    info.bytesSent = stats.txBytes.value;
    info.setDynamicMetadata(proxyNamespace, {
      bytes_sent: stats.txBytes.value,
      bytes_received: stats.rxBytes.value,
      errors_sent: stats.txErrors.value,
      errors_received: stats.rxErrors.value,
      datagrams_sent: stats.txDatagrams.value,
      datagrams_received: stats.rxDatagrams.value,
      no_route: stats.noRoute.value,
      session_total: stats.sessionsTotal.value,
      idle_timeout: stats.idleTimeout.value,
    });
    write(this.#loggers, info, AccessLogType.NotSet);
  }
}

function write(loggers: readonly AccessLogger[], info: StreamInfo, logType: AccessLogType): void {
  const context = contextWithoutResponse(info, null, logType);
  for (const logger of loggers) logger.log(context);
}

function connectionInfo(id: number, listenerName: string, peer: Address, local: Address): DownstreamConnectionInfo {
  return {
    id,
    localAddress: local,
    directRemoteAddress: peer,
    listenerName,
    filterChainName: '',
    requestedServerName: '',
    tls: null,
    terminationDetails: '',
    transportFailureReason: '',
  };
}
