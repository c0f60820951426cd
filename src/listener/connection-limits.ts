// Owns how many connections may be open: for all listeners together, and for one (runtime keys
// `overload.global_downstream_max_connections` and `envoy.resource_limits.listener.NAME.connection_limit`, or the
// overload manager's downstream_connections monitor).
import type { Counter, StatsScope } from '../observability/stats/api.ts';
import type { ListenerConfig } from './config-types.ts';

/** Infinity where there is no limit. */
export interface ConnectionLimitSettings {
  readonly global: number;
  /** The overload manager's name for the monitor that sets `global`, as its statistics have it; empty: none does. */
  readonly monitor: string;
  readonly byListener: ReadonlyMap<string, number>;
}

export const noConnectionLimits: ConnectionLimitSettings = {
  global: Number.POSITIVE_INFINITY,
  monitor: '',
  byListener: new Map(),
};

export class ConnectionLimits {
  readonly #settings: ConnectionLimitSettings;
  /** Envoy's count of what the monitor refused. Null without a monitor. */
  readonly #failedUpdates: Counter | null;
  #global = 0;
  readonly #byListener = new Map<string, number>();

  /** `stats`: the scope without prefix. */
  constructor(settings: ConnectionLimitSettings, stats: StatsScope) {
    this.#settings = settings;
    this.#failedUpdates = null;
    if (settings.monitor === '') return;
    const scope = stats.scope(`overload.${settings.monitor}.`);
    this.#failedUpdates = scope.counter('failed_updates');
    // Always 0 in Envoy too: this monitor has no pressure, it only says yes or no.
    scope.gauge('pressure');
  }

  /** Null when the connection may come in (it then needs its release), else which limit refuses it. */
  admit(config: ListenerConfig): 'global' | 'listener' | null {
    const own = this.#byListener.get(config.name) ?? 0;
    if (own >= (this.#settings.byListener.get(config.name) ?? Number.POSITIVE_INFINITY)) return 'listener';
    if (!config.ignoreGlobalConnectionLimit && this.#global >= this.#settings.global) {
      this.#failedUpdates?.inc();
      return 'global';
    }
    this.#byListener.set(config.name, own + 1);
    this.#global++;
    return null;
  }

  release(config: ListenerConfig): void {
    this.#byListener.set(config.name, (this.#byListener.get(config.name) ?? 1) - 1);
    this.#global--;
  }
}
