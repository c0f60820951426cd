// Owns the operators on the two connections: addresses, ports, ids, names, TLS.
import type { Address } from '../../../../base/address.ts';
import type { LogContext } from '../../context.ts';
import { toByteString } from '../bytes.ts';
import { bytes, name, number, type OperatorFactory, type OperatorTable, plain } from '../operator.ts';

type AddressReader = (context: LogContext) => Address | null | undefined;

/** Only paths of pipes may hold what JSON escapes, and they are not on anybody's hot path. */
function whole(read: AddressReader): OperatorFactory {
  return bytes((context) => {
    const address = read(context);
    if (address === null || address === undefined) return undefined;
    return address.kind === 'ip' ? address.text : toByteString(address.text);
  });
}

function withoutPort(read: AddressReader): OperatorFactory {
  return bytes((context) => {
    const address = read(context);
    if (address === null || address === undefined) return undefined;
    return address.kind === 'ip' ? address.address : toByteString(address.text);
  });
}

/** Pipes have no port. */
function port(read: AddressReader): OperatorFactory {
  return number((context) => {
    const address = read(context);
    return address?.kind === 'ip' ? address.port : -1;
  });
}

const downstreamRemote: AddressReader = (context) => context.streamInfo.downstreamRemoteAddress;
const downstreamDirect: AddressReader = (context) => context.streamInfo.connection.directRemoteAddress;
const downstreamLocal: AddressReader = (context) => context.streamInfo.connection.localAddress;
const upstreamHost: AddressReader = (context) => context.streamInfo.upstream?.host?.address;
const upstreamLocal: AddressReader = (context) => context.streamInfo.upstream?.localAddress;
const upstreamRemote: AddressReader = (context) => context.streamInfo.upstream?.remoteAddress;

function hostName(context: LogContext, fallback: (address: Address) => string): string {
  const host = context.streamInfo.upstream?.host;
  if (host === null || host === undefined) return '';
  return host.hostname === '' ? fallback(host.address) : host.hostname;
}

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
  REQUESTED_SERVER_NAME: name((context) => context.streamInfo.connection.requestedServerName),
  FILTER_CHAIN_NAME: name((context) => context.streamInfo.connection.filterChainName),
  DOWNSTREAM_TLS_VERSION: plain((context) => context.streamInfo.connection.tls?.version),
  DOWNSTREAM_TLS_CIPHER: plain((context) => context.streamInfo.connection.tls?.cipher),
};
