// Owns how many connections may be open: for all listeners together, and for one (runtime keys
// `overload.global_downstream_max_connections` and `envoy.resource_limits.listener.NAME.connection_limit`, or the
// overload manager's downstream_connections monitor).
import type { ListenerConfig } from './config-types.ts';

export class ConnectionLimits {
  readonly #globalMax: number;
  readonly #listenerMax: ReadonlyMap<string, number>;
  #global = 0;
  readonly #byListener = new Map<string, number>();

  /** Infinity where there is no limit. */
  constructor(globalMax: number, listenerMax: ReadonlyMap<string, number>) {
    this.#globalMax = globalMax;
    this.#listenerMax = listenerMax;
  }

  /** Null when the connection may come in (it then needs its release), else which limit refuses it. */
  admit(config: ListenerConfig): 'global' | 'listener' | null {
    const own = this.#byListener.get(config.name) ?? 0;
    if (own >= (this.#listenerMax.get(config.name) ?? Number.POSITIVE_INFINITY)) return 'listener';
    if (!config.ignoreGlobalConnectionLimit && this.#global >= this.#globalMax) return 'global';
    this.#byListener.set(config.name, own + 1);
    this.#global++;
    return null;
  }

  release(config: ListenerConfig): void {
    this.#byListener.set(config.name, (this.#byListener.get(config.name) ?? 1) - 1);
    this.#global--;
  }
}
