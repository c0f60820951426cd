// Owns how many connections may be open: for all listeners together, and for one (runtime keys
// `overload.global_downstream_max_connections` and `envoy.resource_limits.listener.NAME.connection_limit`, or the
// overload manager's downstream_connections monitor).
import { type Runtime, RuntimeInteger } from '../base/runtime.ts';
import type { Counter, StatsScope } from '../observability/stats/api.ts';
import type { ListenerConfig } from './config-types.ts';

export interface ConnectionLimitSettings {
  /** The monitor's limit; Infinity, and the runtime key counts, where there is none. */
  readonly global: number;
  /** The overload manager's name for the monitor that sets `global`, as its statistics have it; empty: none does. */
  readonly monitor: string;
}

export const noConnectionLimits: ConnectionLimitSettings = {
  global: Number.POSITIVE_INFINITY,
  monitor: '',
};

const globalKey = 'overload.global_downstream_max_connections';

interface ListenerConnections {
  open: number;
  readonly limit: RuntimeInteger;
}

export class ConnectionLimits {
  readonly #globalLimit: RuntimeInteger;
  readonly #runtime: Runtime;
  /** By listener: as far as it has had a connection. */
  readonly #listeners = new Map<string, ListenerConnections>();
  /** Envoy's count of what the monitor refused. Null without a monitor. */
  readonly #failedUpdates: Counter | null;
  #global = 0;

  /** `stats`: the scope without prefix. */
  constructor(settings: ConnectionLimitSettings, runtime: Runtime, stats: StatsScope) {
    // As in Envoy the monitor, where there is one, is heard and the runtime key is not.
    const key = settings.monitor === '' ? globalKey : '';
    this.#globalLimit = new RuntimeInteger(settings.global, key, runtime);
    this.#runtime = runtime;
    this.#failedUpdates = null;
    if (settings.monitor === '') return;
    const scope = stats.scope(`overload.${settings.monitor}.`);
    this.#failedUpdates = scope.counter('failed_updates');
    // Always 0 in Envoy too: this monitor has no pressure, it only says yes or no.
    scope.gauge('pressure');
  }

  /** Null when the connection may come in (it then needs its release), else which limit refuses it. */
  admit(config: ListenerConfig): 'global' | 'listener' | null {
    const own = this.#of(config.name);
    if (own.open >= own.limit.value) return 'listener';
    if (!config.ignoreGlobalConnectionLimit && this.#global >= this.#globalLimit.value) {
      this.#failedUpdates?.inc();
      return 'global';
    }
    own.open++;
    this.#global++;
    return null;
  }

  release(config: ListenerConfig): void {
    this.#of(config.name).open--;
    this.#global--;
  }

  /** As Envoy: a connection counts where it is served, but was admitted where it came in. */
  handOver(from: ListenerConfig, to: ListenerConfig): void {
    this.#of(from.name).open--;
    this.#of(to.name).open++;
  }

  #of(name: string): ListenerConnections {
    let listener = this.#listeners.get(name);
    if (listener === undefined) {
      const key = `envoy.resource_limits.listener.${name}.connection_limit`;
      listener = { open: 0, limit: new RuntimeInteger(Number.POSITIVE_INFINITY, key, this.#runtime) };
      this.#listeners.set(name, listener);
    }
    return listener;
  }
}
