// The extension `envoy.filters.network.echo`.
import type { NetworkFilterConfigFactory } from '../../../../listener/api.ts';
import { EchoFilter } from './filter.ts';

export const factory: NetworkFilterConfigFactory = {
  terminal: true,
  create: () => ({ createFilter: () => new EchoFilter() }),
};
