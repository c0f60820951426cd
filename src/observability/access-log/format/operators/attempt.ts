// Owns the operators on the last attempt at an upstream and on how connections ended.
import type { Address } from '../../../../base/address.ts';
import type { UpstreamInfo } from '../../../stream-info.ts';
import type { LogContext } from '../../context.ts';
import { toByteString } from '../bytes.ts';
import { bare, bytes, ConstantOperator, number, type OperatorFactory, type OperatorTable, plain } from '../operator.ts';

const ip = (address: Address): string => (address.kind === 'ip' ? address.address : toByteString(address.text));
const whole = (address: Address): string => (address.kind === 'ip' ? address.text : toByteString(address.text));

/** As Envoy: only of the last attempt, and only where it got a connection. */
function attempted(read: (upstream: UpstreamInfo) => string | undefined): OperatorFactory {
  return bytes(({ streamInfo }) => {
    const { upstream } = streamInfo;
    return upstream === null || upstream.connectionId === 0 ? undefined : read(upstream);
  });
}

function hostName(address: (address: Address) => string): (upstream: UpstreamInfo) => string | undefined {
  return ({ host }) => {
    if (host === null) return undefined;
    return host.hostname === '' ? address(host.address) : toByteString(host.hostname);
  };
}

function poolReady({ streamInfo }: LogContext): number {
  const duration = streamInfo.upstream?.poolReadyDuration ?? -1;
  return duration < 0 ? -1 : Math.trunc(duration);
}

/** Endpoint ids belong to internal addresses, which there are none of. */
const noEndpointId = (present: (context: LogContext) => boolean): OperatorFactory =>
  plain((context) => (present(context) ? '' : undefined));

/** Counted by QUIC only. */
const none: OperatorFactory = number(() => 0);

/** Flags of filters' own: none sets any. */
const customFlags: OperatorFactory = (call) => {
  bare(call);
  return new ConstantOperator('');
};

export const attemptOperators: OperatorTable = {
  UPSTREAM_HOSTS_ATTEMPTED: attempted(({ host }) => host?.address && whole(host.address)),
  UPSTREAM_HOSTS_ATTEMPTED_WITHOUT_PORT: attempted(({ host }) => host?.address && ip(host.address)),
  UPSTREAM_HOST_NAMES_ATTEMPTED: attempted(hostName(whole)),
  UPSTREAM_HOST_NAMES_ATTEMPTED_WITHOUT_PORT: attempted(hostName(ip)),
  UPSTREAM_CONNECTION_IDS_ATTEMPTED: attempted(({ connectionId }) => String(connectionId)),
  UPSTREAM_CONNECTION_POOL_READY_DURATION: number(poolReady),
  UPSTREAM_DETECTED_CLOSE_TYPE: plain(({ streamInfo }) =>
    streamInfo.upstream === null ? undefined : (streamInfo.upstream.connectionEnd?.detectedCloseType ?? 'Normal'),
  ),
  UPSTREAM_LOCAL_CLOSE_REASON: bytes(
    ({ streamInfo }) => streamInfo.upstream?.connectionEnd?.localCloseReason || undefined,
  ),
  UPSTREAM_REMOTE_ADDRESS_ENDPOINT_ID: noEndpointId(({ streamInfo }) => streamInfo.upstream?.remoteAddress != null),
  DOWNSTREAM_DETECTED_CLOSE_TYPE: plain(({ streamInfo }) => streamInfo.connectionEnd?.detectedCloseType ?? 'Normal'),
  DOWNSTREAM_LOCAL_CLOSE_REASON: bytes(({ streamInfo }) => streamInfo.connectionEnd?.localCloseReason || undefined),
  DOWNSTREAM_LOCAL_ADDRESS_ENDPOINT_ID: noEndpointId(() => true),
  DOWNSTREAM_DIRECT_LOCAL_ADDRESS_ENDPOINT_ID: noEndpointId(() => true),
  BYTES_RETRANSMITTED: none,
  PACKETS_RETRANSMITTED: none,
  ROUNDTRIP_DURATION: number(() => -1),
  CUSTOM_FLAGS: customFlags,
};
