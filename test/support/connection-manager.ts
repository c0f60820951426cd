// A connection manager over a connection of plain bytes, with filters of the test's own.

import { ipAddress } from '../../src/base/address.ts';
import { TimeoutPool } from '../../src/base/lazy-timeout.ts';
import { defaultHttp1Settings, type Http1Settings } from '../../src/http/codec/api.ts';
import { defaultHttp2Settings } from '../../src/http/codec/h2/api.ts';
import { clientCertSanitized } from '../../src/http/connection-manager/client-cert.ts';
import { type ConnectionManagerConfig, chainOf, logAtEndOnly } from '../../src/http/connection-manager/config-types.ts';
import { ConnectionManager } from '../../src/http/connection-manager/connection-manager.ts';
import { DateProvider } from '../../src/http/connection-manager/date.ts';
import { defaultPrematureResets } from '../../src/http/connection-manager/premature-resets.ts';
import { connectionManagerStats } from '../../src/http/connection-manager/stats.ts';
import type { HttpFilterFactory } from '../../src/http/filter/api.ts';
import type { CloseType, Connection, ConnectionCallbacks } from '../../src/network/api.ts';
import { ConnectionEvent } from '../../src/network/api.ts';
import type { AccessLogger } from '../../src/observability/access-log/api.ts';
import { StatsStore } from '../../src/observability/stats/store.ts';
import { type DownstreamConnectionInfo, StreamInfo } from '../../src/observability/stream-info.ts';
import { FakeTimers } from './fake-timers.ts';
import { SeededRandom } from './seeded-random.ts';

export const downstreamInfo: DownstreamConnectionInfo = {
  id: 1,
  localAddress: ipAddress('127.0.0.1', 1),
  directRemoteAddress: ipAddress('127.0.0.1', 2),
  listenerName: '',
  filterChainName: '',
  requestedServerName: '',
  tls: null,
  terminationDetails: '',
  transportFailureReason: '',
};

/** Remembers what is written; tells its callbacks what the test says. */
export class FakeDownstream implements Connection {
  readonly id = 1;
  readonly localAddress = downstreamInfo.localAddress;
  readonly remoteAddress = downstreamInfo.directRemoteAddress;
  closed = false;
  readonly nextProtocol = '';
  readonly tls = null;
  readonly transportFailureReason = '';
  readonly bytesRead = 0;
  bytesWritten = 0;
  written = '';
  /** How the proxy closed it; null while it has not. */
  closeType: CloseType | null = null;
  disabled = 0;
  readonly #callbacks: ConnectionCallbacks[] = [];

  writeLatin1(text: string): void {
    this.written += text;
    this.bytesWritten += text.length;
  }
  writeBuffer(data: Buffer): void {
    this.writeLatin1(data.toString('latin1'));
  }
  flush(): void {}
  endWrite(): void {}
  close(type: CloseType): void {
    if (this.closed) return;
    this.closeType = type;
    this.#end(ConnectionEvent.LocalClose);
  }
  /** The peer ends the connection. */
  leave(): void {
    if (!this.closed) this.#end(ConnectionEvent.RemoteClose);
  }
  #end(event: ConnectionEvent): void {
    this.closed = true;
    for (const callbacks of this.#callbacks.slice()) callbacks.onConnectionEvent(event);
  }
  backUp(): void {
    for (const callbacks of this.#callbacks) callbacks.onAboveWriteBufferHighWatermark();
  }
  drain(): void {
    for (const callbacks of this.#callbacks) callbacks.onBelowWriteBufferLowWatermark();
  }
  readDisable(disable: boolean): void {
    this.disabled += disable ? 1 : -1;
  }
  setReader(): void {}
  addCallbacks(callbacks: ConnectionCallbacks): void {
    this.#callbacks.push(callbacks);
  }
  removeCallbacks(): void {}
  setDelayedCloseTimeout(): void {}
  setBufferLimit(): void {}
}

export interface ManagerFixture {
  readonly manager: ConnectionManager;
  readonly connection: FakeDownstream;
  readonly timers: FakeTimers;
  readonly stats: StatsStore;
  /** Bytes from the client, in a buffer that is overwritten afterwards as the shared read buffer is. */
  send(text: string): void;
  stat(name: string): number;
}

export function managerOf(
  filters: readonly HttpFilterFactory[],
  changes: Partial<ConnectionManagerConfig> = {},
  http1: Partial<Http1Settings> = {},
): ManagerFixture {
  const timers = new FakeTimers();
  const stats = new StatsStore();
  const { clock } = timers;
  const config: ConnectionManagerConfig = {
    statPrefix: 'test',
    stats: connectionManagerStats(stats.scope('http.test.'), stats.scope('listener.test.http.test.'), stats, null),
    routes: { current: null },
    filters: chainOf(filters),
    upgrades: new Map(),
    localReplies: null,
    explainReplies: { value: false },
    accessLogs: [] satisfies AccessLogger[],
    accessLogging: logAtEndOnly,
    http1: { ...defaultHttp1Settings, ...http1 },
    http1OverTls: { ...defaultHttp1Settings, ...http1 },
    codecType: 'auto',
    http2: defaultHttp2Settings,
    pathNormalization: { normalizePath: false, mergeSlashes: false, escapedSlashes: 'keep' },
    changesPath: false,
    stripAnyHostPort: false,
    stripMatchingHostPort: false,
    stripTrailingHostDot: false,
    changesAuthority: false,
    schemeOverwrite: '',
    schemeMatchesUpstream: false,
    forwardProto: null,
    routeResolutions: null,
    proxyStatus: null,
    serverName: 'test',
    serverHeader: 'overwrite',
    useRemoteAddress: false,
    xffNumTrustedHops: 0,
    ipDetection: [],
    earlyMutations: [],
    packsTraceReason: true,
    skipXffAppend: false,
    appendXForwardedPort: false,
    internalAddresses: [],
    trustUnixSockets: false,
    clientCert: clientCertSanitized,
    via: '',
    generateRequestId: false,
    preserveExternalRequestId: false,
    alwaysSetRequestIdInResponse: false,
    proxy100Continue: false,
    addUserAgent: false,
    serviceCluster: '',
    serviceNode: '',
    localAddress: '127.0.0.1',
    idleTimeoutMs: 0,
    streamIdleTimeoutMs: 0,
    streamFlushTimeoutMs: 0,
    prematureResets: defaultPrematureResets,
    requestTimeoutMs: 0,
    requestHeadersTimeoutMs: 0,
    maxConnectionDurationMs: 0,
    maxConnectionDurationJitter: 0,
    safeMaxConnectionDuration: false,
    maxStreamDurationMs: 0,
    drainTimeoutMs: 5000,
    drainTimeoutJitter: 0,
    delayedCloseTimeoutMs: 1000,
    maxRequestsPerConnection: 0,
    streamErrorOnInvalidMessage: false,
    bufferLimit: 0,
    ...changes,
  };
  const services = {
    clock,
    timers,
    timeouts: new TimeoutPool(clock, timers),
    random: new SeededRandom(1),
    dates: new DateProvider(clock),
  };
  const manager = new ConnectionManager(config, services, { drainClose: () => false });
  const connection = new FakeDownstream();
  const streamInfo = new StreamInfo(0, 0, downstreamInfo);
  manager.initialize({ connection, info: downstreamInfo, streamInfo, continueReading: () => {} });
  manager.onNewConnection();
  return {
    manager,
    connection,
    timers,
    stats,
    send: (text) => {
      const borrowed = Buffer.from(text, 'latin1');
      manager.onData(borrowed, false);
      borrowed.fill('?');
    },
    stat: (name) => {
      for (const counter of stats.counters()) if (counter.name === `http.test.${name}`) return counter.value;
      for (const gauge of stats.gauges()) if (gauge.name === `http.test.${name}`) return gauge.value;
      return 0;
    },
  };
}
