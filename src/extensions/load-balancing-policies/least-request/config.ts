// Owns the least-request policy's factory: typed message (or the cluster's least_request_lb_config) to configuration.
import { RuntimeNumber } from '../../../base/runtime.ts';
import type {
  LeastRequest,
  LeastRequest_SelectionMethod,
} from '../../../generated/envoy/extensions/load_balancing_policies/least_request/v3/least_request_pb.d.ts';
import type { LoadBalancerFactory } from '../../../upstream/load-balancing/api.ts';
import { type LocalityChoice, parseLocalityConfig } from '../../common/load-balancing/locality-config.ts';
import { PriorityLoadBalancer } from '../../common/load-balancing/priority-load-balancer.ts';
import { type LeastRequestConfig, LeastRequestPicker } from './least-request.ts';

const FULL_SCAN: LeastRequest_SelectionMethod = 1;

export const factory: LoadBalancerFactory<LeastRequestConfig & { readonly locality: LocalityChoice }> = {
  parse(message) {
    const config = message as Partial<LeastRequest> | undefined;
    return {
      choiceCount: config?.choiceCount ?? 2,
      activeRequestBias: config?.activeRequestBias?.defaultValue ?? 1,
      activeRequestBiasKey: config?.activeRequestBias?.runtimeKey ?? '',
      fullScan: config?.selectionMethod === FULL_SCAN || config?.enableFullScan === true,
      locality: parseLocalityConfig(config?.localityLbConfig),
    };
  },
  create(options) {
    const { config, random, runtime } = options;
    const bias = new RuntimeNumber(config.activeRequestBias, config.activeRequestBiasKey, runtime);
    return new PriorityLoadBalancer(
      options,
      config.locality,
      (hosts) => new LeastRequestPicker(hosts, config, bias, random),
    );
  },
};
