// Owns the policy of clusters that choose their hosts themselves (`HostSource.chooseHost`): nobody asks it.
import type { LoadBalancerFactory } from '../../../upstream/load-balancing/api.ts';

export const factory: LoadBalancerFactory<null> = {
  parse: () => null,
  create: () => ({ chooseHost: () => null, onHostsChanged: () => {} }),
};
