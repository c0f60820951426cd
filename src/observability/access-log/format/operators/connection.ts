// Owns the operators on the two connections: addresses, ports, ids, names.
import type { Address } from '../../../../base/address.ts';
import { maskedAddress } from '../../../../base/cidr.ts';
import { noAddress } from '../../../stream-info.ts';
import type { LogContext } from '../../context.ts';
import { toByteString } from '../bytes.ts';
import { FormatError } from '../error.ts';
import { BytesOperator, bytes, name, noLength, number, type OperatorFactory, type OperatorTable } from '../operator.ts';

type AddressReader = (context: LogContext) => Address | null | undefined;

/** Only paths of pipes may hold what JSON escapes, and they are not on anybody's hot path. */
function whole(read: AddressReader): OperatorFactory {
  return bytes((context) => {
    const address = read(context);
    if (address === null || address === undefined) return undefined;
    return address.kind === 'ip' ? address.text : toByteString(address.text);
  });
}

/** `(BITS)`: the range of so many leading bits. What is not a number is left out of account, as in Envoy. */
function withoutPort(read: AddressReader): OperatorFactory {
  return (call) => {
    noLength(call);
    const mask = /^\s*[+-]?\d+\s*$/.test(call.parameters) ? Number(call.parameters) : undefined;
    return new BytesOperator((context) => {
      const address = read(context);
      if (address === null || address === undefined) return undefined;
      if (address.kind !== 'ip') return toByteString(address.text);
      return mask === undefined ? address.address : maskedAddress(address.address, mask);
    });
  };
}

/** Pipes have no port. */
function port(read: AddressReader): OperatorFactory {
  return number((context) => {
    const address = read(context);
    return address?.kind === 'ip' ? address.port : -1;
  });
}

const known = (address: Address): Address | null => (address === noAddress ? null : address);
const downstreamRemote: AddressReader = (context) => known(context.streamInfo.downstreamRemoteAddress);
const downstreamDirect: AddressReader = (context) => known(context.streamInfo.connection.directRemoteAddress);
const downstreamLocal: AddressReader = (context) => known(context.streamInfo.connection.localAddress);
const downstreamDirectLocal: AddressReader = ({ streamInfo: { connection } }) =>
  known(connection.directLocalAddress ?? connection.localAddress);
const upstreamHost: AddressReader = (context) => context.streamInfo.upstream?.host?.address;
const upstreamLocal: AddressReader = (context) => context.streamInfo.upstream?.localAddress;
const upstreamRemote: AddressReader = (context) => context.streamInfo.upstream?.remoteAddress;

function hostName(context: LogContext, fallback: (address: Address) => string): string {
  const host = context.streamInfo.upstream?.host;
  if (host === null || host === undefined) return '';
  return host.hostname === '' ? fallback(host.address) : host.hostname;
}

/** `SNI_ONLY|SNI_FIRST|HOST_FIRST : ORIG|HOST|ORIG_OR_HOST`: the name of the handshake, or the host of the request. */
const requestedServerName: OperatorFactory = (call, options) => {
  noLength(call);
  const [order = '', host = ''] = call.parameters.split(':');
  if (!['', 'SNI_ONLY', 'SNI_FIRST', 'HOST_FIRST'].includes(order)) {
    throw new FormatError(`${call.name} takes SNI_ONLY, SNI_FIRST or HOST_FIRST first, not '${order}'`, call.position);
  }
  if (!['', 'ORIG', 'HOST', 'ORIG_OR_HOST'].includes(host)) {
    throw new FormatError(`${call.name} takes ORIG, HOST or ORIG_OR_HOST second, not '${host}'`, call.position);
  }
  const sni = (context: LogContext): string | undefined =>
    toByteString(context.streamInfo.connection.requestedServerName) || undefined;
  if (order === '' || order === 'SNI_ONLY') return new BytesOperator(sni);
  const original = options.headerName('x-envoy-original-host');
  const authority = options.headerName(':authority');
  const fromRequest = ({ requestHeaders }: LogContext): string | undefined => {
    if (requestHeaders === null) return undefined;
    if (host === 'HOST') return requestHeaders.get(authority) || undefined;
    const first = requestHeaders.get(original) || undefined;
    return host === 'ORIG' ? first : (first ?? (requestHeaders.get(authority) || undefined));
  };
  return order === 'SNI_FIRST'
    ? new BytesOperator((context) => sni(context) ?? fromRequest(context))
    : new BytesOperator((context) => fromRequest(context) ?? sni(context));
};

export const connectionOperators: OperatorTable = {
  DOWNSTREAM_REMOTE_ADDRESS: whole(downstreamRemote),
  DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT: withoutPort(downstreamRemote),
  DOWNSTREAM_REMOTE_PORT: port(downstreamRemote),
  DOWNSTREAM_DIRECT_REMOTE_ADDRESS: whole(downstreamDirect),
  DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT: withoutPort(downstreamDirect),
  DOWNSTREAM_DIRECT_REMOTE_PORT: port(downstreamDirect),
  DOWNSTREAM_LOCAL_ADDRESS: whole(downstreamLocal),
  DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT: withoutPort(downstreamLocal),
  DOWNSTREAM_LOCAL_PORT: port(downstreamLocal),
  DOWNSTREAM_DIRECT_LOCAL_ADDRESS: whole(downstreamDirectLocal),
  DOWNSTREAM_DIRECT_LOCAL_ADDRESS_WITHOUT_PORT: withoutPort(downstreamDirectLocal),
  DOWNSTREAM_DIRECT_LOCAL_PORT: port(downstreamDirectLocal),
  UPSTREAM_HOST: whole(upstreamHost),
  UPSTREAM_HOST_NAME: name((context) => hostName(context, (address) => address.text)),
  UPSTREAM_HOST_NAME_WITHOUT_PORT: name((context) =>
    hostName(context, (address) => (address.kind === 'ip' ? address.address : address.text)),
  ),
  UPSTREAM_LOCAL_ADDRESS: whole(upstreamLocal),
  UPSTREAM_LOCAL_ADDRESS_WITHOUT_PORT: withoutPort(upstreamLocal),
  UPSTREAM_LOCAL_PORT: port(upstreamLocal),
  UPSTREAM_REMOTE_ADDRESS: whole(upstreamRemote),
  UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT: withoutPort(upstreamRemote),
  UPSTREAM_REMOTE_PORT: port(upstreamRemote),
  CONNECTION_ID: number((context) => context.streamInfo.connection.id),
  UPSTREAM_CONNECTION_ID: number((context) => context.streamInfo.upstream?.connectionId ?? 0),
  REQUESTED_SERVER_NAME: requestedServerName,
  FILTER_CHAIN_NAME: name((context) => context.streamInfo.connection.filterChainName),
};
