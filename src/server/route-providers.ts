// Owns where route tables come from: written into the connection manager, or by name from a file or control plane.
import type { ConfigContext } from '../config/api.ts';
import type { RouteProviders, RouteSubscription, RouteTable } from '../router/api.ts';

type InlineMessage = Parameters<RouteProviders['inline']>[0];
type RdsMessage = Parameters<RouteProviders['subscribe']>[0];

/** Makes a table from its message; undefined after errors were reported. */
export type RouteTableBuilder = (message: InlineMessage, context: ConfigContext) => RouteTable | undefined;

/** Subscribes to a route configuration by name (xds/). */
export type RouteSubscriber = (
  message: RdsMessage,
  statPrefix: string,
  context: ConfigContext,
) => RouteSubscription | undefined;

class InlineRoutes implements RouteSubscription {
  readonly current: RouteTable;
  readonly ready = Promise.resolve();
  readonly message: InlineMessage;
  readonly lastUpdated: number;
  readonly #owner: Set<InlineRoutes>;

  constructor(table: RouteTable, message: InlineMessage, lastUpdated: number, owner: Set<InlineRoutes>) {
    this.current = table;
    this.message = message;
    this.lastUpdated = lastUpdated;
    this.#owner = owner;
    owner.add(this);
  }

  release(): void {
    this.#owner.delete(this);
    this.current.release();
  }
}

export class ServerRouteProviders implements RouteProviders {
  readonly #build: RouteTableBuilder;
  readonly #subscribe: RouteSubscriber;
  readonly #now: () => number;
  readonly #inline = new Set<InlineRoutes>();

  constructor(build: RouteTableBuilder, subscribe: RouteSubscriber, now: () => number) {
    this.#build = build;
    this.#subscribe = subscribe;
    this.#now = now;
  }

  inline(message: InlineMessage, context: ConfigContext): RouteSubscription | undefined {
    const table = this.#build(message, context);
    return table === undefined ? undefined : new InlineRoutes(table, message, this.#now(), this.#inline);
  }

  subscribe(message: RdsMessage, statPrefix: string, context: ConfigContext): RouteSubscription | undefined {
    return this.#subscribe(message, statPrefix, context);
  }

  /** For /config_dump. */
  inlineRoutes(): Iterable<{ readonly message: InlineMessage; readonly lastUpdated: number }> {
    return this.#inline;
  }
}
