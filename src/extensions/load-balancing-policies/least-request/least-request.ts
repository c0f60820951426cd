// Owns the least-request policy: with equal weights the least loaded of a few hosts drawn at random (power of two
// choices); with differing weights earliest deadline first, on weights that shrink with the host's active requests.
// https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/load_balancing/load_balancers#weighted-least-request
import type { Random } from '../../../base/random.ts';
import type { RuntimeNumber } from '../../../base/runtime.ts';
import type { Host } from '../../../upstream/api.ts';
import { EdfScheduler } from '../../common/load-balancing/edf-scheduler.ts';
import type { HostPicker } from '../../common/load-balancing/priority-load-balancer.ts';
import { equalWeights, weightsOf } from '../../common/load-balancing/weights.ts';

export interface LeastRequestConfig {
  /** Hosts drawn for each pick, at least 2. */
  readonly choiceCount: number;
  /** Exponent: weight / (active requests + 1) ^ bias. 0 ignores load, 1 is Envoy's default. */
  readonly activeRequestBias: number;
  /** Runtime key in its place; empty: none. */
  readonly activeRequestBiasKey: string;
  /** Looks at every host instead of drawing some. */
  readonly fullScan: boolean;
}

export class LeastRequestPicker implements HostPicker {
  #hosts: readonly Host[] = [];
  #scheduler: EdfScheduler | null = null;
  readonly #config: LeastRequestConfig;
  readonly #liveBias: RuntimeNumber;
  #bias = 1;
  readonly #random: Random;

  constructor(hosts: readonly Host[], config: LeastRequestConfig, bias: RuntimeNumber, random: Random) {
    this.#config = config;
    this.#liveBias = bias;
    this.#random = random;
    this.setHosts(hosts);
  }

  setHosts(hosts: readonly Host[]): void {
    this.#hosts = hosts;
    this.#scheduler = null;
    // As Envoy: what the runtime says counts from the next change of hosts on, and nonsense is the default.
    const bias = this.#liveBias.value;
    this.#bias = bias >= 0 ? bias : 1;
    if (equalWeights(hosts)) return;
    const scheduler = new EdfScheduler(weightsOf(hosts));
    this.#scheduler = scheduler;
    for (let skip = this.#random.uint32() % hosts.length; skip > 0; skip--) this.#pickWeighted(scheduler);
  }

  pick(): Host {
    if (this.#scheduler !== null) return this.#pickWeighted(this.#scheduler);
    return this.#config.fullScan ? this.#scan() : this.#draw();
  }

  #pickWeighted(scheduler: EdfScheduler): Host {
    const host = this.#hosts[scheduler.peek()] as Host;
    scheduler.reschedule(this.#weight(host));
    return host;
  }

  #weight(host: Host): number {
    const bias = this.#bias;
    if (bias === 0) return host.weight;
    const active = host.stats.rqActive + 1;
    return host.weight / (bias === 1 ? active : active ** bias);
  }

  #draw(): Host {
    const hosts = this.#hosts;
    let best = hosts[this.#random.uint32() % hosts.length] as Host;
    for (let draws = this.#config.choiceCount - 1; draws > 0; draws--) {
      const host = hosts[this.#random.uint32() % hosts.length] as Host;
      if (host.stats.rqActive < best.stats.rqActive) best = host;
    }
    return best;
  }

  /** The first of equals is drawn at random among them (reservoir), else the first host would get all idle traffic. */
  #scan(): Host {
    const hosts = this.#hosts;
    let best = hosts[0] as Host;
    let equals = 1;
    for (let index = 1; index < hosts.length; index++) {
      const host = hosts[index] as Host;
      if (host.stats.rqActive < best.stats.rqActive) {
        best = host;
        equals = 1;
      } else if (host.stats.rqActive === best.stats.rqActive && this.#random.uint32() % ++equals === 0) {
        best = host;
      }
    }
    return best;
  }
}
