// Owns the round-robin policy's factory: typed message (or the cluster's round_robin_lb_config) to plain configuration.
import type { RoundRobin } from '../../../generated/envoy/extensions/load_balancing_policies/round_robin/v3/round_robin_pb.d.ts';
import type { LoadBalancerFactory } from '../../../upstream/load-balancing/api.ts';
import { type LocalityChoice, parseLocalityConfig } from '../../common/load-balancing/locality-config.ts';
import { PriorityLoadBalancer } from '../../common/load-balancing/priority-load-balancer.ts';
import { RoundRobinPicker } from './round-robin.ts';

interface RoundRobinConfig {
  readonly locality: LocalityChoice;
}

export const factory: LoadBalancerFactory<RoundRobinConfig> = {
  parse(message) {
    const config = message as Partial<RoundRobin> | undefined;
    return { locality: parseLocalityConfig(config?.localityLbConfig) };
  },
  create(options) {
    return new PriorityLoadBalancer(
      options,
      options.config.locality,
      (hosts) => new RoundRobinPicker(hosts, options.random),
    );
  },
};
