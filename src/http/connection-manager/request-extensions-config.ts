// Reads what is done to a request first: original_ip_detection_extensions, early_header_mutation_extensions,
// request_id_extension.

import type { Message } from '@bufbuild/protobuf';
import type { ConfigContext } from '../../config/api.ts';
import type { ExtensionCategory } from '../../config/extension-registry.ts';
import type { TypedExtensionConfig } from '../../generated/envoy/config/core/v3/extension_pb.d.ts';
import type { HttpConnectionManager } from '../../generated/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.d.ts';
import type { UuidRequestIdConfig } from '../../generated/envoy/extensions/request_id/uuid/v3/uuid_pb.d.ts';
import type { ConnectionManagerContext } from './api.ts';
import {
  type EarlyHeaderMutation,
  earlyHeaderMutationCategory,
  type OriginalIpDetection,
  originalIpDetectionCategory,
} from './request-extensions.ts';

const uuidRequestId = 'envoy.extensions.request_id.uuid.v3.UuidRequestIdConfig';

export interface RequestExtensions {
  readonly ipDetection: readonly OriginalIpDetection[];
  readonly earlyMutations: readonly EarlyHeaderMutation[];
  /** Request ids hold the decision whether the request is traced. */
  readonly packsTraceReason: boolean;
}

export function readRequestExtensions(
  message: HttpConnectionManager,
  context: ConnectionManagerContext,
): RequestExtensions {
  const detections = message.originalIpDetectionExtensions;
  if (detections.length > 0) {
    const other = message.useRemoteAddress ? 'use_remote_address' : 'xff_num_trusted_hops';
    if (message.useRemoteAddress || message.xffNumTrustedHops > 0) {
      const text = `original_ip_detection_extensions and ${other} exclude each other`;
      context.config.error(message, other, 'RMR0701', text);
    }
  }
  return {
    ipDetection: readAll(detections, originalIpDetectionCategory, context),
    earlyMutations: readAll(message.earlyHeaderMutationExtensions, earlyHeaderMutationCategory, context),
    packsTraceReason: readsTraceReason(message, context),
  };
}

interface Factory<Made> {
  create(message: Message, config: ConfigContext): Made | undefined;
}

function readAll<Made>(
  messages: readonly TypedExtensionConfig[],
  category: ExtensionCategory<Factory<Made>>,
  context: ConnectionManagerContext,
): Made[] {
  const made: Made[] = [];
  for (const message of messages) {
    const unpacked = message.typedConfig && context.config.unpack(message.typedConfig);
    if (unpacked === undefined) continue;
    const factory = context.services.extensions.get(category, unpacked.$typeName);
    if (factory === undefined) {
      const text = `${unpacked.$typeName} is no implemented extension of ${category.name}`;
      context.config.error(message, 'typed_config', 'RMR0304', text);
      continue;
    }
    const extension = factory.create(unpacked, context.config);
    if (extension !== undefined) made.push(extension);
  }
  return made;
}

function readsTraceReason(message: HttpConnectionManager, context: ConnectionManagerContext): boolean {
  const any = message.requestIdExtension?.typedConfig;
  const config = any && context.config.unpack(any);
  if (message.requestIdExtension === undefined || config === undefined) return true;
  if (config.$typeName !== uuidRequestId) {
    const text = `${config.$typeName} is no implemented extension of request ids`;
    context.config.error(message.requestIdExtension, 'typed_config', 'RMR0304', text, `use ${uuidRequestId}`);
    return true;
  }
  return (config as UuidRequestIdConfig).packTraceReason ?? true;
}
