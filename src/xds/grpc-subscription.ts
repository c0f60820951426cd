// Owns one subscription to resources of a control plane: hands what comes to its handler, counts, and ends the wait for a
// first answer.
import type { Clock } from '../base/clock.ts';
import type { Timer, TimerHandler, Timers } from '../base/timers.ts';
import { ConfigContext, type ConfigOptions, type Diagnostic, hasErrors, type ReceivedResource } from '../config/api.ts';
import type { ResourceHandler, SubscriptionState } from './file-subscription.ts';
import type { ResourceMux, ResourceWatcher } from './resource-mux.ts';
import type { SubscriptionStats } from './subscription-stats.ts';

export interface GrpcSubscriptionOptions {
  readonly mux: Pick<ResourceMux, 'watch'>;
  readonly typeUrl: string;
  /** `*`: all of the type. */
  readonly name: string;
  readonly handler: ResourceHandler;
  readonly stats: SubscriptionStats;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly config: ConfigOptions;
  /** Milliseconds until a first answer is given up; 0: never. */
  readonly initialFetchTimeoutMs: number;
}

const nothingRefused = new Set<never>();

export class GrpcSubscription implements ResourceWatcher, TimerHandler {
  readonly state: SubscriptionState = { version: '', rejectedVersion: '', rejectedReason: '' };
  readonly #options: GrpcSubscriptionOptions;
  readonly #first = Promise.withResolvers<void>();
  #timer: Timer | null = null;
  #unwatch: (() => void) | null = null;

  constructor(options: GrpcSubscriptionOptions) {
    this.#options = options;
  }

  /** Resolves when a first update was applied or refused, or the wait for it is over. */
  start(): Promise<void> {
    const { mux, typeUrl, name, stats, timers, initialFetchTimeoutMs } = this.#options;
    stats.updateAttempt.inc();
    if (initialFetchTimeoutMs > 0) this.#timer = timers.schedule(initialFetchTimeoutMs, this);
    this.#unwatch = mux.watch(typeUrl, name, this);
    return this.#first.promise;
  }

  stop(): void {
    this.#unwatch?.();
    this.#unwatch = null;
    this.#answered();
  }

  async onResources(resources: readonly ReceivedResource[], version: string): Promise<readonly Diagnostic[]> {
    const { handler, stats, clock, config } = this.#options;
    const started = clock.monotonic();
    stats.updateAttempt.inc();
    const context = new ConfigContext(config);
    try {
      const messages = resources.map(({ any }) => any);
      await handler.onResources(messages, version, context, nothingRefused);
    } catch (error) {
      stats.updateRejected.inc();
      this.#answered();
      throw error;
    }
    const found = await context.takeDiagnostics();
    if (hasErrors(found)) this.#refuse(version, found);
    else {
      this.state.version = version;
      stats.updateSuccess.inc();
      stats.setVersion(version);
      stats.setUpdateTime(clock.wall());
      stats.updateDuration.record(Math.round(clock.monotonic() - started));
    }
    this.#answered();
    return found;
  }

  onRefused(version: string, reasons: readonly Diagnostic[]): void {
    this.#options.stats.updateAttempt.inc();
    this.#refuse(version, reasons);
    this.#answered();
  }

  #refuse(version: string, reasons: readonly Diagnostic[]): void {
    this.#options.stats.updateRejected.inc();
    this.state.rejectedVersion = version;
    this.state.rejectedReason = reasons.map(({ path, message }) => `${path}: ${message}`).join('; ');
  }

  /** What is in force stays; a first answer is still waited for. */
  onDisconnected(): void {
    this.#options.stats.updateAttempt.inc();
    this.#options.stats.updateFailure.inc();
  }

  #answered(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#first.resolve();
  }

  onTimer(): void {
    this.#timer = null;
    this.#options.stats.initFetchTimeout.inc();
    this.#first.resolve();
  }
}
