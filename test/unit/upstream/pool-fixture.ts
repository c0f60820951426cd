// A cluster of one host whose connections the test holds, and requests that remember what became of them.

import {
  type ClientStream,
  Protocol,
  type ResetReason,
  type ResponseDecoder,
  type StreamCallbacks,
} from '../../../src/http/codec/api.ts';
import { createClientCodec } from '../../../src/http/codec/h1/api.ts';
import { createHttp2ClientCodec } from '../../../src/http/codec/h2/api.ts';
import { type HeaderMap, RequestHeaders, type ResponseHeaders } from '../../../src/http/headers/header-map.ts';
import { Names } from '../../../src/http/headers/name.ts';
import type { ConnectOptions } from '../../../src/network/connect.ts';
import type {
  Cancellable,
  Host,
  HttpPool,
  PoolCallbacks,
  PoolFailureReason,
  UpstreamConnectionInfo,
} from '../../../src/upstream/api.ts';
import { type ClusterEnvironment, UpstreamCluster } from '../../../src/upstream/cluster.ts';
import type { ClusterConfig } from '../../../src/upstream/cluster-config.ts';
import { FakeRuntime } from '../../support/fake-runtime.ts';
import { FakeTimers } from '../../support/fake-timers.ts';
import { SeededRandom } from '../../support/seeded-random.ts';
import { FakeConnection } from './fake-connection.ts';
import { anyHost, clusterConfig, StatsStore, statsOf } from './support.ts';

export class PoolFixture {
  readonly timers = new FakeTimers();
  readonly store = new StatsStore();
  readonly connections: FakeConnection[] = [];
  readonly options: ConnectOptions[] = [];
  readonly environment: ClusterEnvironment = {
    clock: this.timers.clock,
    timers: this.timers,
    random: new SeededRandom(1),
    runtime: new FakeRuntime(),
    stats: this.store,
    connect: (options) => {
      const connection = new FakeConnection(options.address);
      this.connections.push(connection);
      this.options.push(options);
      return connection;
    },
    createHttp1Codec: createClientCodec,
    createHttp2Codec: createHttp2ClientCodec,
    dnsResolver: () => {
      throw new Error('no names here');
    },
  };
  readonly cluster: UpstreamCluster;
  readonly host: Host;
  readonly pool: HttpPool;

  constructor(changes: Partial<ClusterConfig> = {}) {
    this.cluster = new UpstreamCluster(clusterConfig(changes), this.environment, { onClusterReady: () => {} });
    this.cluster.start();
    const host = this.cluster.chooseHost(anyHost);
    if (host === null) throw new Error('the cluster has no host');
    this.host = host;
    const pool = this.cluster.httpPool(host, 0, Protocol.Http11);
    if (pool === null) throw new Error('no pool');
    this.pool = pool;
  }

  request(): TestRequest {
    const request = new TestRequest();
    request.waiting = this.pool.newStream(request, request);
    return request;
  }

  /** The newest connection. */
  get last(): FakeConnection {
    const connection = this.connections.at(-1);
    if (connection === undefined) throw new Error('no connection was made');
    return connection;
  }

  /** A request on a connection that is made for it, answered; the connection is idle afterwards. */
  warm(response = 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'): FakeConnection {
    const before = this.connections.length;
    this.request();
    if (this.connections.length > before) this.last.accept();
    this.last.receive(response);
    return this.last;
  }

  stats(): Record<string, number> {
    return statsOf(this.store, 'cluster.one.');
  }
}

export const ok = 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n';

/** Sends a GET as soon as it has a stream. */
export class TestRequest implements ResponseDecoder, PoolCallbacks, StreamCallbacks {
  waiting: Cancellable | null = null;
  stream: ClientStream | null = null;
  host: Host | null = null;
  connection: UpstreamConnectionInfo | null = null;
  /** Of the connection at the time the stream was given. */
  reused = false;
  status = 0;
  body = '';
  complete = false;
  failure: PoolFailureReason | null = null;
  details = '';
  reset: ResetReason | null = null;
  /** What to do on reset, as a router that retries. */
  onReset: (() => void) | null = null;

  onPoolReady(stream: ClientStream, host: Host, connection: UpstreamConnectionInfo): void {
    this.stream = stream;
    this.host = host;
    this.connection = connection;
    this.reused = connection.reused;
    stream.callbacks = this;
    const headers = new RequestHeaders();
    headers.method = 'GET';
    headers.path = '/';
    headers.authority = 'test';
    headers.append(Names.accept, '*/*');
    stream.encodeHeaders(headers, true);
  }

  onPoolFailure(reason: PoolFailureReason, details: string, host: Host): void {
    this.failure = reason;
    this.details = details;
    this.host = host;
  }

  decode1xxHeaders(): void {}
  decodeHeaders(headers: ResponseHeaders, endStream: boolean): void {
    this.status = headers.status;
    this.complete = endStream;
  }
  decodeData(data: Buffer, endStream: boolean): void {
    this.body += data.toString('latin1');
    this.complete = endStream;
  }
  decodeTrailers(_trailers: HeaderMap): void {
    this.complete = true;
  }

  onResetStream(reason: ResetReason): void {
    this.reset = reason;
    this.onReset?.();
  }
  onAboveWriteBufferHighWatermark(): void {}
  onBelowWriteBufferLowWatermark(): void {}
}
