// Owns the random policy's factory.
import type { Random as RandomMessage } from '../../../generated/envoy/extensions/load_balancing_policies/random/v3/random_pb.d.ts';
import type { LoadBalancerFactory } from '../../../upstream/load-balancing/api.ts';
import { type LocalityChoice, parseLocalityConfig } from '../../common/load-balancing/locality-config.ts';
import { PriorityLoadBalancer } from '../../common/load-balancing/priority-load-balancer.ts';
import { RandomPicker } from './random.ts';

interface RandomConfig {
  readonly locality: LocalityChoice;
}

export const factory: LoadBalancerFactory<RandomConfig> = {
  parse(message) {
    const config = message as Partial<RandomMessage> | undefined;
    return { locality: parseLocalityConfig(config?.localityLbConfig) };
  },
  create(options) {
    return new PriorityLoadBalancer(
      options,
      options.config.locality,
      (hosts) => new RandomPicker(hosts, options.random),
    );
  },
};
