// Reads envoy.http.original_ip_detection.xff.
import type { Message } from '@bufbuild/protobuf';
import type { CidrRange } from '../../../../base/cidr.ts';
import type { ConfigContext } from '../../../../config/api.ts';
import type { XffConfig } from '../../../../generated/envoy/extensions/http/original_ip_detection/xff/v3/xff_pb.d.ts';
import type { OriginalIpDetectionFactory } from '../../../../http/connection-manager/api.ts';
import { cidrOf } from '../../../../matchers/api.ts';
import { XffDetection } from './xff-detection.ts';

export const factory: OriginalIpDetectionFactory = {
  create(message: Message, config: ConfigContext) {
    const { xffNumTrustedHops, xffTrustedCidrs, skipXffAppend } = message as XffConfig;
    if (xffTrustedCidrs !== undefined && xffNumTrustedHops > 0) {
      const text = 'xff_num_trusted_hops and xff_trusted_cidrs cannot both be set';
      config.error(message, 'xff_trusted_cidrs', 'RMR0701', text);
      return undefined;
    }
    return new XffDetection(
      xffNumTrustedHops,
      xffTrustedCidrs === undefined ? null : readRanges(xffTrustedCidrs.cidrs),
      !(skipXffAppend ?? true),
    );
  },
};

/** Envoy passes over ranges that it cannot read: nothing is in them. */
function readRanges(messages: NonNullable<XffConfig['xffTrustedCidrs']>['cidrs']): CidrRange[] {
  return messages.map(cidrOf).filter((range) => range !== null);
}
