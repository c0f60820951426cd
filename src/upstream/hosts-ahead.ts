// Owns the choice of hosts ahead of the requests that will go to them, so that connections are there already
// (preconnect_policy.predictive_preconnect_ratio). A host that was chosen ahead takes the next request.
import type { Host, LoadBalancerContext } from './api.ts';
import type { HostSet, LoadBalancer } from './load-balancing/api.ts';

/** Choices for one request that comes, as in Envoy. */
const mostAhead = 3;

export class HostsAhead {
  readonly #balancer: Pick<LoadBalancer, 'chooseHost'>;
  readonly #hostSets: readonly HostSet[];
  #chosen: Host[] = [];
  /** Of the request that a host was chosen for last. */
  #context: LoadBalancerContext | null = null;

  constructor(balancer: Pick<LoadBalancer, 'chooseHost'>, hostSets: readonly HostSet[]) {
    this.#balancer = balancer;
    this.#hostSets = hostSets;
  }

  chooseHost(context: LoadBalancerContext): Host | null {
    this.#context = context;
    return this.#chosen.shift() ?? this.#balancer.chooseHost(context);
  }

  /** `preconnect`: makes a connection to the host, if the next stream would need one there. */
  preconnect(preconnect: (host: Host) => boolean): void {
    const context = this.#context;
    if (context === null) return;
    this.#context = null;
    for (let i = 0; i < mostAhead && this.#chosen.length < this.#healthy; i++) {
      const host = this.#balancer.chooseHost(context);
      if (host === null) return;
      this.#chosen.push(host);
      if (!preconnect(host)) return;
    }
  }

  /** No more are chosen ahead than there are. */
  get #healthy(): number {
    return this.#hostSets.reduce((sum, { healthy }) => sum + healthy.length, 0);
  }

  /** The hosts are not what they were. */
  forget(): void {
    this.#chosen = [];
  }
}
