// Owns the connections to one host for one priority, each of which carries one stream at a time or many, whatever speaks on
// them: those that can take another are given out last in, first out (the others then reach their idle timeout), new ones
// are made on demand within the circuit breakers, streams that find none wait in a bounded queue. HTTP and TCP extend it.
import { logger } from '../../base/logger.ts';
import type { StreamTransportOptions } from '../../network/api.ts';
import {
  type Cancellable,
  type CircuitBreaker,
  type Host,
  type PoolFailureCallbacks,
  PoolFailureReason,
  Priority,
} from '../api.ts';
import type { UpstreamHost } from '../host.ts';
import type { DrainablePool } from '../host-pools.ts';
import type { PoolCluster, PoolEnvironment } from './environment.ts';
import { PendingStreams, type PendingStreamsOwner } from './pending-streams.ts';

const log = logger('pool');
/** Connections ahead of need that are begun at once. */
const mostAhead = 3;

/** A connection as its pool sees it. `D` receives what comes on a stream, `K` hears of the connection. */
export interface PooledConnection<D, K> {
  readonly id: number;
  readonly host: Host;
  /** 0 connecting, 1 open, 2 closed. */
  readonly state: 0 | 1 | 2;
  /** Streams begun on it. */
  readonly requests: number;
  readonly activeStreams: number;
  /** Streams that it can take now, beside those it has; 0 unless it is open. */
  readonly capacity: number;
  /** Streams that it is thought to come to take beside those that it can: while it connects, or its peer has not said how many. */
  expected: number;
  /** Its pool's: it is among those that are given out. */
  ready: boolean;
  /** Given up by its pool while connecting: its end says nothing of the host. */
  surplus: boolean;
  /** Idle for too long, though the timer that says so is late. */
  readonly expired: boolean;
  /** It has no stream, and none that waits. */
  becomeIdle(): void;
  /** The pool has made sure that there is capacity. */
  startStream(decoder: D, callbacks: K): void;
  close(): void;
}

/** What a pool's connections tell it. */
export interface ConnectionOwner<C> {
  /** `expected`: as the connection's; once more when that has become 0. */
  onConnectionOpen(connection: C, expected: number): void;
  /** It can carry another stream: one is over, or the peer allows more. */
  onConnectionReady(connection: C): void;
  onConnectFailed(connection: C, reason: PoolFailureReason, details: string): void;
  onConnectionClosed(connection: C): void;
  /** One stream less; the connection may or may not live on. */
  onStreamEnded(): void;
}

export abstract class ConnectionPool<C extends PooledConnection<D, K>, D, K extends PoolFailureCallbacks>
  implements DrainablePool, ConnectionOwner<C>, PendingStreamsOwner
{
  protected readonly environment: PoolEnvironment;
  protected readonly cluster: PoolCluster;
  protected readonly host: UpstreamHost;
  protected readonly priority: Priority;
  /** What the host knows it by. */
  protected readonly key: string;
  /** What its streams ask of their connections; null: nothing. */
  options: StreamTransportOptions | null;
  readonly #breaker: CircuitBreaker;
  readonly #pending = new PendingStreams<D, K>(this);
  /** With capacity, or without it for a moment. */
  readonly #ready: C[] = [];
  /** All of them. */
  readonly #connections = new Set<C>();
  /** Of all connections. */
  #expected = 0;
  #active = 0;
  #draining = false;
  /** It has connections, or streams that wait. */
  occupied = false;

  constructor(
    environment: PoolEnvironment,
    cluster: PoolCluster,
    host: UpstreamHost,
    priority: Priority,
    key = '',
    options: StreamTransportOptions | null = null,
  ) {
    this.key = key;
    this.options = options;
    this.environment = environment;
    this.cluster = cluster;
    this.host = host;
    this.priority = priority;
    this.#breaker = cluster.circuitBreakers[priority];
  }

  /** Begins to connect. */
  protected abstract connect(): C;

  protected add(decoder: D, callbacks: K, fresh: boolean): Cancellable | null {
    const connection = fresh ? null : this.#findReady();
    if (connection !== null) {
      if (this.#breaker.requests.canCreate()) this.#start(connection, decoder, callbacks);
      else this.#refuseActive(callbacks);
      if (this.cluster.config.preconnectRatio > 1) this.#connectIfNeeded();
      return null;
    }
    if (!this.#breaker.pendingRequests.canCreate()) {
      this.cluster.stats.upstreamRqPendingOverflow.inc();
      this.#failOverflow(callbacks, 'max_pending_requests', this.#breaker.pendingRequests.max);
      return null;
    }
    this.#occupy();
    const stats = this.cluster.stats;
    this.#breaker.pendingRequests.inc();
    stats.upstreamRqPendingTotal.inc();
    stats.upstreamRqPendingActive.inc();
    this.host.stats.rqPendingActive++;
    const stream = this.#pending.push(decoder, callbacks, fresh);
    this.#connectIfNeeded();
    return stream;
  }

  /** It began, or ceased, to have connections or streams that wait. */
  protected abstract onOccupied(occupied: boolean): void;

  #leaveIfEmpty(): void {
    if (!this.occupied || this.#connections.size > 0 || this.#pending.size > 0) return;
    this.occupied = false;
    this.onOccupied(false);
  }

  drain(): void {
    this.#draining = true;
    this.#closeIdle();
  }

  // --- pending streams -----------------------------------------------------------------------------------------------

  onPendingStreamCancelled(): void {
    this.cluster.stats.upstreamRqCancelled.inc();
    this.#leavePending();
    // A connection on its way is let through: it will serve the next request. A pool that drains has no next.
    if (this.#draining) this.#closeSurplus();
    this.#leaveIfEmpty();
  }

  #leavePending(): void {
    this.#breaker.pendingRequests.dec();
    this.cluster.stats.upstreamRqPendingActive.dec();
    this.host.stats.rqPendingActive--;
  }

  // --- connections ---------------------------------------------------------------------------------------------------

  #connectIfNeeded(): void {
    for (let made = 0; this.#needsConnection(made); made++) if (!this.#makeConnection()) return;
  }

  #makeConnection(): boolean {
    const { config, stats } = this.cluster;
    const allowed = this.#breaker.connections.canCreate() && this.host.stats.cxActive < config.maxConnectionsPerHost;
    if (!allowed) {
      stats.upstreamCxOverflow.inc();
      // Other hosts may hold all connections of the cluster: one is allowed to each pool, or it would starve.
      if (this.#connections.size > 0) return false;
    }
    const connection = this.connect();
    this.#connections.add(connection);
    this.#expected += connection.expected;
    if (log.debugEnabled) {
      log.debug(`[C${connection.id}] connecting to ${this.#where}: ${this.#pending.size} requests wait`);
    }
    return true;
  }

  /** `made`: in this round. As in Envoy, what is made ahead of need is no more than three at a time. */
  #needsConnection(made: number): boolean {
    const { preconnectRatio } = this.cluster.config;
    if (preconnectRatio <= 1 || this.#draining || this.host.health !== 'healthy')
      return this.#pending.size > this.#expected;
    return made < mostAhead && this.#isShort(preconnectRatio, 0);
  }

  /** Of capacity for `ratio` times the streams there are. `coming`: and will be at once. */
  #isShort(ratio: number, coming: number): boolean {
    let capacity = this.#expected + this.#active;
    for (const connection of this.#ready) capacity += connection.capacity;
    return (this.#pending.size + this.#active + coming) * ratio > capacity;
  }

  /** For a stream that will probably come next. Whether there was need of another connection, and it is made. */
  preconnect(ratio: number): boolean {
    if (this.#draining || this.host.health !== 'healthy' || !this.#isShort(ratio, 1)) return false;
    this.#occupy();
    return this.#makeConnection();
  }

  #occupy(): void {
    if (this.occupied) return;
    this.occupied = true;
    this.onOccupied(true);
  }

  onConnectionOpen(connection: C, expected: number): void {
    this.#expect(connection, expected);
    this.onConnectionReady(connection);
  }

  #expect(connection: C, streams: number): void {
    this.#expected += streams - connection.expected;
    connection.expected = streams;
  }

  onConnectionReady(connection: C): void {
    const passFresh = connection.requests > 0 && this.#expected > 0;
    while (connection.capacity > 0) {
      const next = this.#pending.shift(passFresh);
      if (next === null) break;
      this.#leavePending();
      if (this.#breaker.requests.canCreate()) this.#start(connection, next.decoder, next.callbacks);
      else this.#refuseActive(next.callbacks);
    }
    // It took less than was thought, or speaks another protocol.
    if (this.#pending.size > this.#expected) this.#connectIfNeeded();
    // Idle even if its peer allows no stream for now.
    if (connection.activeStreams === 0) {
      if (this.#draining) {
        connection.close();
        return;
      }
      connection.becomeIdle();
    }
    if (connection.capacity === 0 || connection.ready) return;
    connection.ready = true;
    this.#ready.push(connection);
  }

  onConnectFailed(connection: C, reason: PoolFailureReason, details: string): void {
    this.#expect(connection, 0);
    this.#connections.delete(connection);
    if (log.debugEnabled) {
      const why = connection.surplus ? 'nobody waits any more' : details || 'no reason known';
      log.debug(`[C${connection.id}] gave up connecting to ${this.#where}: ${why}`);
    }
    if (connection.surplus) {
      this.#leaveIfEmpty();
      return;
    }
    // All who wait learn it now: with a host in trouble their callers may choose another (Envoy's rule).
    const waiting = this.#pending.size;
    for (let i = 0; i < waiting; i++) {
      const stream = this.#pending.shift();
      if (stream === null) break;
      this.#leavePending();
      this.cluster.stats.upstreamRqPendingFailureEject.inc();
      stream.callbacks.onPoolFailure(reason, details, connection.host);
    }
    this.#connectIfNeeded();
    this.#leaveIfEmpty();
  }

  onConnectionClosed(connection: C): void {
    this.#connections.delete(connection);
    if (log.debugEnabled) {
      log.debug(`[C${connection.id}] to ${this.#where} ended after ${connection.requests} requests`);
    }
    this.#leaveReady(connection);
    this.#expect(connection, 0);
    this.#connectIfNeeded();
    this.#leaveIfEmpty();
  }

  #closeIdle(): void {
    for (const connection of [...this.#connections]) {
      const { state, activeStreams, ready, capacity } = connection;
      // Else it is one of TCP that was released and closes by itself.
      if (state === 1 && activeStreams === 0 && (ready || capacity === 0)) connection.close();
    }
    this.#closeSurplus();
  }

  /** Connections on their way that nobody waits for. */
  #closeSurplus(): void {
    for (const connection of this.#connections) {
      if (connection.state !== 0) continue;
      if (this.#expected - connection.expected < this.#pending.size) return;
      connection.surplus = true;
      connection.close();
    }
  }

  /** For log lines. */
  get #where(): string {
    return `host ${this.host.address.text} of cluster '${this.cluster.config.name}'`;
  }

  // --- streams -------------------------------------------------------------------------------------------------------

  /** The one that came last, as long as it has room. */
  #findReady(): C | null {
    for (;;) {
      const connection = this.#ready.at(-1);
      if (connection === undefined) return null;
      if (connection.expired) {
        this.cluster.stats.upstreamCxIdleTimeout.inc();
        this.#leaveReady(connection);
        connection.close();
      } else if (connection.capacity > 0) {
        return connection;
      } else {
        // It drains, or its peer has come to allow less.
        this.#leaveReady(connection);
      }
    }
  }

  #leaveReady(connection: C): void {
    if (!connection.ready) return;
    connection.ready = false;
    if (this.#ready.at(-1) === connection) this.#ready.pop();
    else this.#ready.splice(this.#ready.indexOf(connection), 1);
  }

  #start(connection: C, decoder: D, callbacks: K): void {
    const stats = this.cluster.stats;
    if (connection.capacity === 1) this.#leaveReady(connection);
    this.#active++;
    this.#breaker.requests.inc();
    stats.upstreamRqTotal.inc();
    stats.upstreamRqActive.inc();
    const hostStats = this.host.stats;
    hostStats.rqTotal++;
    hostStats.rqActive++;
    if (log.debugEnabled) {
      const kind = connection.requests === 0 ? 'new' : 'kept-alive';
      log.debug(`[C${connection.id}] a request goes out on a ${kind} connection to ${this.#where}`);
    }
    connection.startStream(decoder, callbacks);
  }

  onStreamEnded(): void {
    this.#active--;
    this.#breaker.requests.dec();
    this.cluster.stats.upstreamRqActive.dec();
    this.host.stats.rqActive--;
  }

  #refuseActive(callbacks: PoolFailureCallbacks): void {
    this.cluster.stats.upstreamRqActiveOverflow.inc();
    this.#failOverflow(callbacks, 'max_requests', this.#breaker.requests.max);
  }

  #failOverflow(callbacks: PoolFailureCallbacks, limit: string, max: number): void {
    const priority = this.priority === Priority.Default ? 'DEFAULT' : 'HIGH';
    const cluster = JSON.stringify(this.cluster.config.name);
    const details = `circuit breaker of cluster ${cluster}, priority ${priority}: ${limit} (${max}) is reached`;
    // A full queue is met before there is a host, as Envoy's log has it.
    const host = limit === 'max_requests' ? this.host : null;
    callbacks.onPoolFailure(PoolFailureReason.Overflow, details, host);
  }
}
