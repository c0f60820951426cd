// Owns which hosts another attempt should rather not go to (retry_host_predicate).
// Source: https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/load_balancing/overview
import type { Host } from '../upstream/api.ts';

export interface RetryHostPredicate {
  /** `tried`: the hosts of the attempts so far. */
  omits(host: Host, tried: readonly Host[]): boolean;
}

/** envoy.retry_host_predicates.previous_hosts. By address, as Envoy: discovery may have made a new object for the host. */
export const previousHosts: RetryHostPredicate = {
  omits(host, tried) {
    const { text } = host.address;
    for (let i = 0; i < tried.length; i++) if ((tried[i] as Host).address.text === text) return true;
    return false;
  },
};

/** envoy.retry_host_predicates.omit_canary_hosts. */
export const omitCanaryHosts: RetryHostPredicate = { omits: (host) => host.canary };

/** envoy.retry_host_predicates.omit_host_metadata: hosts that carry all of these values under `envoy.lb`. */
export class OmitHostMetadata implements RetryHostPredicate {
  /** Values as JSON, so that lists and structures compare too. */
  readonly #wanted: readonly (readonly [key: string, value: string])[];

  constructor(values: Readonly<Record<string, unknown>>) {
    this.#wanted = Object.entries(values).map(([key, value]) => [key, JSON.stringify(value)]);
  }

  omits(host: Host): boolean {
    const carried = host.metadata['envoy.lb'];
    if (carried === undefined || this.#wanted.length === 0) return false;
    return this.#wanted.every(([key, value]) => key in carried && JSON.stringify(carried[key]) === value);
  }
}
