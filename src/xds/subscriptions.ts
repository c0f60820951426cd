// Owns the opening of subscriptions, whichever kind of source a configuration names.
import type { Clock } from '../base/clock.ts';
import { logger } from '../base/logger.ts';
import type { Timers } from '../base/timers.ts';
import type { ConfigOptions } from '../config/api.ts';
import { FileSubscription, type ResourceHandler, type SubscriptionState } from './file-subscription.ts';
import { GrpcSubscription } from './grpc-subscription.ts';
import type { ResourceMux } from './resource-mux.ts';
import type { ResourceSource } from './source-config.ts';
import type { SubscriptionStats } from './subscription-stats.ts';

const log = logger('config');

export interface Subscription {
  readonly state: SubscriptionState;
  /** Resolves when there was a first answer, taken or refused, or the wait for it is over. */
  start(): Promise<void>;
  stop(): void;
}

/** What is subscribed to. */
export interface Wanted {
  /** Full name of the resource's message. */
  readonly typeName: string;
  /** `*`: all of the type. */
  readonly name: string;
}

export class Subscriptions {
  /** How what comes is read. */
  readonly config: ConfigOptions;
  /** Of the stream of aggregated discovery; null where the bootstrap has none. */
  aggregated: ResourceMux | null = null;
  readonly #clock: Clock;
  readonly #timers: Timers;

  constructor(clock: Clock, timers: Timers, config: ConfigOptions) {
    this.#clock = clock;
    this.#timers = timers;
    this.config = config;
  }

  open(source: ResourceSource, wanted: Wanted, handler: ResourceHandler, stats: SubscriptionStats): Subscription {
    const clock = this.#clock;
    if (source.kind === 'file') return new FileSubscription(source, handler, stats, clock, this.config);
    const mux = this.aggregated;
    if (mux === null) return new NoSubscription(wanted);
    return new GrpcSubscription({
      mux,
      typeUrl: `type.googleapis.com/${wanted.typeName}`,
      name: wanted.name,
      handler,
      stats,
      clock,
      timers: this.#timers,
      config: this.config,
      initialFetchTimeoutMs: source.initialFetchTimeoutMs,
    });
  }
}

/** Sources with the same key are one. */
export function sourceKey(source: ResourceSource): string {
  return source.kind === 'file' ? `${source.path}\0${source.watchedDirectory}` : source.kind;
}

/** A resource that came later names a stream that the bootstrap does not have: what it waits for never comes. */
class NoSubscription implements Subscription {
  readonly state: SubscriptionState = { version: '', rejectedVersion: '', rejectedReason: '' };
  readonly #wanted: Wanted;

  constructor(wanted: Wanted) {
    this.#wanted = wanted;
  }

  start(): Promise<void> {
    const { typeName, name } = this.#wanted;
    log.error(`the ${typeName} '${name}' is to come over ADS, and dynamic_resources.ads_config is missing`);
    return Promise.resolve();
  }

  stop(): void {}
}
