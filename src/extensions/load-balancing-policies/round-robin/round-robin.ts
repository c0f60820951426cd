// Owns the round-robin policy: plain rotation while all weights are equal, earliest deadline first otherwise.
import type { Random } from '../../../base/random.ts';
import type { Host } from '../../../upstream/api.ts';
import { EdfScheduler } from '../../common/load-balancing/edf-scheduler.ts';
import type { HostPicker } from '../../common/load-balancing/priority-load-balancer.ts';
import { equalWeights, weightsOf } from '../../common/load-balancing/weights.ts';

export class RoundRobinPicker implements HostPicker {
  #hosts: readonly Host[] = [];
  /** Starts anywhere, so that many proxies started together do not begin with the same host. */
  #index: number;
  #scheduler: EdfScheduler | null = null;
  readonly #random: Random;

  constructor(hosts: readonly Host[], random: Random) {
    this.#random = random;
    this.#index = random.uint32();
    this.setHosts(hosts);
  }

  setHosts(hosts: readonly Host[]): void {
    this.#hosts = hosts;
    this.#scheduler = null;
    if (equalWeights(hosts)) return;
    const weights = weightsOf(hosts);
    const scheduler = new EdfScheduler(weights);
    this.#scheduler = scheduler;
    // Begins anywhere in the schedule, for the same reason.
    for (let skip = this.#random.uint32() % hosts.length; skip > 0; skip--) this.#pickWeighted(scheduler);
  }

  pick(): Host {
    if (this.#scheduler !== null) return this.#pickWeighted(this.#scheduler);
    const index = this.#index % this.#hosts.length;
    this.#index = index + 1;
    return this.#hosts[index] as Host;
  }

  #pickWeighted(scheduler: EdfScheduler): Host {
    const host = this.#hosts[scheduler.peek()] as Host;
    scheduler.reschedule(host.weight);
    return host;
  }
}
