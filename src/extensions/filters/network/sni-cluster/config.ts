// The extension `envoy.filters.network.sni_cluster`.
import type { NetworkFilterConfigFactory } from '../../../../listener/api.ts';
import { SniClusterFilter } from './filter.ts';

export const factory: NetworkFilterConfigFactory = {
  terminal: false,
  create: () => ({ createFilter: () => new SniClusterFilter() }),
};
