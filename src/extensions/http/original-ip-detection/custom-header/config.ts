// Reads envoy.http.original_ip_detection.custom_header.
import type { Message } from '@bufbuild/protobuf';
import type { CustomHeaderConfig } from '../../../../generated/envoy/extensions/http/original_ip_detection/custom_header/v3/custom_header_pb.d.ts';
import type { OriginalIpDetectionFactory } from '../../../../http/connection-manager/api.ts';
import { pinnedName } from '../../../../http/headers/api.ts';
import { CustomHeaderDetection } from './custom-header-detection.ts';

const forbidden = 403;

export const factory: OriginalIpDetectionFactory = {
  create(message: Message) {
    const { headerName, allowExtensionToSetAddressAsTrusted, rejectWithStatus } = message as CustomHeaderConfig;
    const code: number | undefined = rejectWithStatus?.code;
    // As Envoy: a status that refuses nothing becomes 403.
    const rejectStatus = code === undefined ? 0 : code >= 400 && code < 600 ? code : forbidden;
    return new CustomHeaderDetection(pinnedName(headerName), allowExtensionToSetAddressAsTrusted, rejectStatus);
  },
};
