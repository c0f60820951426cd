// Makes the stream of aggregated discovery from what the bootstrap says of it. Loaded where there is one.
import { fromJson, type JsonValue } from '@bufbuild/protobuf';
import { type ConfigOptions, messageDescriptor } from '../config/api.ts';
import type { ProcessServices } from '../upstream/services.ts';
import { AggregatedDiscovery } from './ads.ts';
import type { AdsConfig } from './ads-source-config.ts';
import type { NodeMessage } from './protocol/wire-config.ts';

/** `node`: the process's description of itself, as JSON of the message. */
export function aggregatedDiscovery(
  ads: AdsConfig,
  node: JsonValue,
  services: ProcessServices,
  config: ConfigOptions,
): AggregatedDiscovery {
  const message = fromJson(messageDescriptor('envoy.config.core.v3.Node'), node) as NodeMessage;
  return new AggregatedDiscovery({ ...ads, node: message, services, config });
}
