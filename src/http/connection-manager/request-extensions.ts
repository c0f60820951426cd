// Owns what extensions may do to a request before the connection manager's own rules: tell the client's address, change
// headers.
import type { Message } from '@bufbuild/protobuf';
import type { Address } from '../../base/address.ts';
import type { ConfigContext } from '../../config/api.ts';
import { type ExtensionCategory, extensionCategory } from '../../config/extension-registry.ts';
import type { StreamInfo } from '../../observability/stream-info.ts';
import type { RequestHeaders } from '../headers/header-map.ts';

export interface DetectedAddress {
  /** Null: nothing was found, the next extension is asked. */
  readonly address: Address | null;
  /** The address may count as internal. */
  readonly trusted: boolean;
  /** The peer is appended to x-forwarded-for. */
  readonly appendsXff: boolean;
  /** Not 0: the request is refused with it. */
  readonly rejectStatus: number;
}

/** envoy.http.original_ip_detection. */
export interface OriginalIpDetection {
  /** `peer` is the socket's, or what a listener filter learned. */
  detect(headers: RequestHeaders, peer: Address): DetectedAddress;
}

export interface OriginalIpDetectionFactory {
  /** Undefined after an error was reported. */
  create(message: Message, config: ConfigContext): OriginalIpDetection | undefined;
}

export const originalIpDetectionCategory: ExtensionCategory<OriginalIpDetectionFactory> =
  extensionCategory<OriginalIpDetectionFactory>('envoy.http.original_ip_detection');

/** envoy.http.early_header_mutation. */
export interface EarlyHeaderMutation {
  mutate(headers: RequestHeaders, info: StreamInfo): void;
}

export interface EarlyHeaderMutationFactory {
  /** Undefined after an error was reported. */
  create(message: Message, config: ConfigContext): EarlyHeaderMutation | undefined;
}

export const earlyHeaderMutationCategory: ExtensionCategory<EarlyHeaderMutationFactory> =
  extensionCategory<EarlyHeaderMutationFactory>('envoy.http.early_header_mutation');
