// Owns the attributes that CEL expressions read: names are Envoy's, values are CEL's. Each is worked out when an
// expression asks for it; a reader that answers undefined says that the stream has no such attribute.
import type { CelInput } from '@bufbuild/cel';
import { create } from '@bufbuild/protobuf';
import { DurationSchema, TimestampSchema } from '@bufbuild/protobuf/wkt';
import type { Address } from '../../base/address.ts';
import { grpcStatusOfHttp } from '../../base/grpc-status.ts';
import type { HeaderNameResolver, HeaderReader, LogContext } from '../access-log/context.ts';
import { ResponseFlag } from '../response-flags.ts';
import type { MetadataMap } from '../stream-info.ts';
import type { CertificateInfo, TlsConnectionInfo } from '../tls-info.ts';
import { LazyMap } from './lazy-map.ts';
import { library } from './library.ts';
import { localityMessage, metadataMessage } from './messages.ts';
import { textOf } from './text.ts';

export type Read = (context: LogContext) => CelInput | undefined;
type Attributes = Readonly<Record<string, Read>>;

/** Attributes of Envoy that nothing here knows: expressions that name them are refused. */
export const unsupported: Readonly<Record<string, readonly string[]>> = {
  xds: ['node', 'upstream_host_locality_metadata'],
};

const some = (value: string): string | undefined => (value === '' ? undefined : value);
const port = (address: Address | null | undefined): bigint | undefined =>
  address?.kind === 'ip' ? BigInt(address.port) : undefined;

function durationOf(milliseconds: number): CelInput {
  const nanos = BigInt(Math.round(milliseconds * 1e6));
  return create(DurationSchema, { seconds: nanos / 1_000_000_000n, nanos: Number(nanos % 1_000_000_000n) });
}

function timestampOf(milliseconds: number): CelInput {
  const micros = Math.round(milliseconds * 1000);
  return create(TimestampSchema, {
    seconds: BigInt(Math.floor(micros / 1e6)),
    nanos: (micros % 1e6) * 1000,
  });
}

const unsigned = (value: number): CelInput => library().celUint(BigInt(value));

const protocols: readonly string[] = ['HTTP/1.0', 'HTTP/1.1', 'HTTP/2', 'HTTP/3'];

/** A Metadata message: `filter_metadata` by namespace. */
const metadata =
  (read: (context: LogContext) => MetadataMap | null | undefined): Read =>
  (context) =>
    metadataMessage(read(context) ?? {});

/** A name of the certificate of one side; where there are several, the first. */
function certificateAttributes(read: (context: LogContext) => TlsConnectionInfo | null | undefined): Attributes {
  const of =
    (pick: (tls: TlsConnectionInfo) => string | undefined): Read =>
    (context) => {
      const tls = read(context);
      return some((tls && pick(tls)) ?? '');
    };
  /** Empty where there is TLS and no certificate, as in Envoy. */
  const subject =
    (pick: (tls: TlsConnectionInfo) => CertificateInfo | undefined): Read =>
    (context) => {
      const tls = read(context);
      return tls ? (pick(tls)?.subject ?? '') : undefined;
    };
  return {
    tls_version: of((tls) => tls.version),
    subject_local_certificate: subject((tls) => tls.local),
    subject_peer_certificate: subject((tls) => tls.peer),
    uri_san_local_certificate: of((tls) => tls.local?.uriSans[0]),
    uri_san_peer_certificate: of((tls) => tls.peer?.uriSans[0]),
    dns_san_local_certificate: of((tls) => tls.local?.dnsSans[0]),
    dns_san_peer_certificate: of((tls) => tls.peer?.dnsSans[0]),
    sha256_peer_certificate_digest: of((tls) => tls.peer?.sha256),
  };
}

const clusterMetadata = metadata(({ streamInfo }) => streamInfo.clusterMetadata);

/** Names of attributes by the variable they belong to. */
export function attributesOf(headerName: HeaderNameResolver): Readonly<Record<string, Read>> {
  let current: LogContext;
  const header = (name: string): Read => {
    const key = headerName(name);
    return ({ requestHeaders }) => {
      const value = requestHeaders?.get(key);
      return value === undefined ? undefined : textOf(value);
    };
  };
  const headers =
    (pick: (context: LogContext) => HeaderReader | null): Read =>
    (context) => {
      const map = pick(context);
      return new LazyMap(
        (name) => {
          const value = map?.getJoined(headerName(name.toLowerCase()));
          return value === undefined ? undefined : textOf(value);
        },
        { keys: () => map?.names() ?? [] },
      ).asCel();
    };
  const path = header(':path');
  const contentLength = headerName('content-length');
  const grpcStatus = headerName('grpc-status');

  const groups: Readonly<Record<string, Attributes>> = {
    request: {
      path,
      url_path: (context) => (path(context) as string | undefined)?.split('?', 1)[0],
      query: (context) => {
        const whole = path(context) as string | undefined;
        if (whole === undefined) return undefined;
        const mark = whole.indexOf('?');
        return mark === -1 ? '' : whole.slice(mark + 1);
      },
      host: header(':authority'),
      scheme: header(':scheme'),
      method: header(':method'),
      referer: header('referer'),
      useragent: header('user-agent'),
      id: header('x-request-id'),
      headers: headers((context) => context.requestHeaders),
      time: ({ streamInfo }) => timestampOf(streamInfo.startTimeWall),
      protocol: ({ streamInfo }) => protocols[streamInfo.protocol],
      duration: ({ streamInfo }) =>
        streamInfo.requestComplete < 0 ? undefined : durationOf(streamInfo.requestComplete - streamInfo.startTime),
      size: ({ requestHeaders, streamInfo }) => {
        const length = requestHeaders?.get(contentLength);
        return BigInt(length !== undefined && /^\d{1,15}$/.test(length) ? length : streamInfo.bytesReceived);
      },
      total_size: ({ requestHeaders, streamInfo }) =>
        BigInt(streamInfo.bytesReceived + (requestHeaders?.byteSize() ?? 0)),
    },
    response: {
      code: ({ streamInfo }) => (streamInfo.responseCode === 0 ? undefined : BigInt(streamInfo.responseCode)),
      code_details: ({ streamInfo }) => some(streamInfo.responseCodeDetails),
      flags: ({ streamInfo }) => BigInt(streamInfo.responseFlags),
      headers: headers((context) => context.responseHeaders),
      trailers: headers((context) => context.responseTrailers),
      size: ({ streamInfo }) => BigInt(streamInfo.bytesSent),
      total_size: ({ streamInfo, responseHeaders, responseTrailers }) =>
        BigInt(streamInfo.bytesSent + (responseHeaders?.byteSize() ?? 0) + (responseTrailers?.byteSize() ?? 0)),
      grpc_status: ({ streamInfo, responseHeaders, responseTrailers }) => {
        const value = responseTrailers?.get(grpcStatus) ?? responseHeaders?.get(grpcStatus);
        if (value !== undefined && /^\d{1,9}$/.test(value)) return BigInt(value);
        return streamInfo.responseCode === 0 ? undefined : BigInt(grpcStatusOfHttp(streamInfo.responseCode));
      },
      backend_latency: ({ streamInfo: { upstream } }) =>
        upstream === null || upstream.firstByteSent < 0 || upstream.lastByteReceived < 0
          ? undefined
          : durationOf(upstream.lastByteReceived - upstream.firstByteSent),
    },
    source: {
      address: ({ streamInfo }) => streamInfo.downstreamRemoteAddress.text,
      port: ({ streamInfo }) => port(streamInfo.downstreamRemoteAddress),
    },
    destination: {
      address: ({ streamInfo }) => streamInfo.connection.localAddress.text,
      port: ({ streamInfo }) => port(streamInfo.connection.localAddress),
    },
    connection: {
      mtls: ({ streamInfo }) => streamInfo.connection.tls?.peer !== undefined,
      id: ({ streamInfo }) => unsigned(streamInfo.connection.id),
      requested_server_name: ({ streamInfo }) => streamInfo.connection.requestedServerName,
      termination_details: ({ streamInfo }) => some(streamInfo.connection.terminationDetails),
      transport_failure_reason: ({ streamInfo }) => some(streamInfo.connection.transportFailureReason),
      ...certificateAttributes(({ streamInfo }) => streamInfo.connection.tls),
    },
    upstream: {
      address: ({ streamInfo }) => streamInfo.upstream?.host?.address.text,
      port: ({ streamInfo }) => port(streamInfo.upstream?.host?.address),
      local_address: ({ streamInfo }) => streamInfo.upstream?.localAddress?.text,
      transport_failure_reason: ({ streamInfo }) => streamInfo.upstream?.transportFailureReason,
      locality: ({ streamInfo }) => {
        const locality = streamInfo.upstream?.host?.locality;
        return locality && localityMessage(locality);
      },
      cx_pool_ready_duration: ({ streamInfo: { upstream } }) =>
        upstream === null || upstream.poolReadyDuration < 0 ? undefined : durationOf(upstream.poolReadyDuration),
      ...certificateAttributes(({ streamInfo }) => streamInfo.upstream?.tls),
      request_attempt_count: ({ streamInfo }) => unsigned(streamInfo.upstream?.attemptCount ?? 0),
    },
    xds: {
      cluster_name: ({ streamInfo }) => some(streamInfo.clusterName),
      cluster_metadata: (context) => (context.streamInfo.clusterName === '' ? undefined : clusterMetadata(context)),
      // Without a route there is no name; a route without one has an empty one.
      route_name: ({ streamInfo }) =>
        streamInfo.virtualHostName === '' || streamInfo.hasFlag(ResponseFlag.NoRouteFound)
          ? undefined
          : streamInfo.routeName,
      route_metadata: metadata(({ streamInfo }) => streamInfo.routeMetadata),
      virtual_host_name: ({ streamInfo }) => some(streamInfo.virtualHostName),
      virtual_host_metadata: metadata(({ streamInfo }) => streamInfo.virtualHostMetadata),
      listener_direction: ({ streamInfo }) => BigInt(streamInfo.connection.trafficDirection ?? 0),
      listener_metadata: metadata(({ streamInfo }) => streamInfo.connection.listenerMetadata),
      upstream_host_metadata: (context) => {
        const host = context.streamInfo.upstream?.host;
        return host === null || host === undefined ? undefined : metadataMessage(host.metadata ?? {});
      },
      filter_chain_name: ({ streamInfo }) => streamInfo.connection.filterChainName,
    },
  };
  const variables: Record<string, Read> = {
    metadata: metadata(({ streamInfo }) =>
      streamInfo.dynamicMetadata === null ? null : Object.fromEntries(streamInfo.dynamicMetadata),
    ),
    filter_state: ({ streamInfo }) =>
      new LazyMap((key) => {
        const value = streamInfo.filterState?.get(key)?.text;
        return value === undefined ? undefined : Buffer.from(value, 'latin1');
      }).asCel(),
  };
  for (const [variable, attributes] of Object.entries(groups)) {
    const map = new LazyMap((name) =>
      Object.hasOwn(attributes, name) ? attributes[name]?.(current) : undefined,
    ).asCel();
    variables[variable] = (context) => {
      current = context;
      return map;
    };
  }
  return variables;
}
