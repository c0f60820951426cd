// What the listener layer offers to network-filter extensions and to the server.
import type { Message } from '@bufbuild/protobuf';
import { type ExtensionCategory, extensionCategory } from '../config/extension-registry.ts';
import type { ConnectionManagerContext } from '../http/connection-manager/api.ts';
import type { NetworkFilterFactory } from '../network/api.ts';

/** What a network filter's configuration may use while it is built, and its filters afterwards. */
export interface NetworkFilterContext extends ConnectionManagerContext {}

/** A network filter extension. */
export interface NetworkFilterConfigFactory {
  readonly terminal: boolean;
  /** Undefined after an error was reported to `context.config`. */
  create(message: Message, context: NetworkFilterContext): NetworkFilterFactory | undefined;
}

export const networkFilterCategory: ExtensionCategory<NetworkFilterConfigFactory> =
  extensionCategory<NetworkFilterConfigFactory>('envoy.filters.network');
