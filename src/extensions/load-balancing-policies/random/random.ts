// Owns the random policy. As in Envoy it does not look at host weights.
// https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/load_balancing/load_balancers#random
import type { Random } from '../../../base/random.ts';
import type { Host } from '../../../upstream/api.ts';
import type { HostPicker } from '../../common/load-balancing/priority-load-balancer.ts';

export class RandomPicker implements HostPicker {
  #hosts: readonly Host[];
  readonly #random: Random;

  constructor(hosts: readonly Host[], random: Random) {
    this.#hosts = hosts;
    this.#random = random;
  }

  setHosts(hosts: readonly Host[]): void {
    this.#hosts = hosts;
  }

  pick(): Host {
    return this.#hosts[this.#random.uint32() % this.#hosts.length] as Host;
  }
}
