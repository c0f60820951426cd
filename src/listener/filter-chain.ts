// Owns one filter chain at run time: its filter factories and the connections it serves. A chain whose configuration an
// update leaves alone lives on, with its connections; one that goes drains.
import type { Message } from '@bufbuild/protobuf';
import { CloseType, type DownstreamTransport, type NetworkFilterFactory, type ReadFilter } from '../network/api.ts';
import type { StatsScope } from '../observability/stats/api.ts';
import type { MetadataMap } from '../observability/stream-info.ts';
import type { ActiveConnection } from './active-connection.ts';

export class FilterChain {
  readonly name: string;
  readonly message: Message;
  /** For %METADATA(LISTENER_FILTER_CHAIN:…)%. */
  readonly metadata: MetadataMap | null;
  readonly factories: readonly NetworkFilterFactory[];
  /** Null: bytes as they come (raw_buffer). */
  readonly transport: DownstreamTransport | null;
  /** For its handshake; 0: none. */
  readonly transportTimeoutMs: number;
  /** Shared with the filters' contexts, which were made before the chain. */
  readonly draining: { active: boolean; since: number };
  readonly connections = new Set<ActiveConnection>();
  readonly #drained = Promise.withResolvers<void>();
  readonly #gone = Promise.withResolvers<void>();
  readonly #scope: StatsScope | null;
  #removed = false;
  #destroyed = false;

  /** `scope`: what its filters count under the listener's name; the chain's own, since it may outlive the listener's version. */
  constructor(
    name: string,
    message: Message,
    factories: readonly NetworkFilterFactory[],
    draining: { active: boolean; since: number },
    scope: StatsScope | null,
    metadata: MetadataMap | null = null,
    transport: DownstreamTransport | null = null,
    transportTimeoutMs = 0,
  ) {
    this.transportTimeoutMs = transportTimeoutMs;
    this.transport = transport;
    this.#scope = scope;
    this.name = name;
    this.message = message;
    this.metadata = metadata;
    this.factories = factories;
    this.draining = draining;
  }

  createFilters(): ReadFilter[] {
    return this.factories.map((factory) => factory.createFilter());
  }

  /** Resolves when nothing the chain waits for is missing any more. */
  async ready(): Promise<void> {
    await Promise.all([this.transport?.ready, ...this.factories.map((factory) => factory.ready)]);
  }

  /** No new connections come; those there are asked to end. `now`: monotonic milliseconds. */
  drain(now: number): void {
    this.draining.active = true;
    this.draining.since = now;
    if (this.connections.size === 0) this.#drained.resolve();
  }

  /** Resolves when the chain drains and its last connection has ended. */
  get drained(): Promise<void> {
    return this.#drained.promise;
  }

  /** Resolves when the chain was removed and its last connection has ended. */
  get destroyed(): Promise<void> {
    return this.#gone.promise;
  }

  /** Its time is over: what is still open is closed. */
  remove(): void {
    this.#removed = true;
    for (const connection of this.connections) connection.connection.close(CloseType.NoFlush);
    this.#destroyWhenEmpty();
  }

  onConnectionClosed(connection: ActiveConnection): void {
    this.connections.delete(connection);
    if (this.draining.active && this.connections.size === 0) this.#drained.resolve();
    this.#destroyWhenEmpty();
  }

  #destroyWhenEmpty(): void {
    // Once: what factories hold (route subscriptions) is counted, and other chains may share it.
    if (!this.#removed || this.#destroyed || this.connections.size !== 0) return;
    this.#destroyed = true;
    for (const factory of this.factories) factory.destroy?.();
    this.transport?.destroy?.();
    this.#scope?.close();
    this.#gone.resolve();
  }
}
