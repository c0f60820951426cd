// Owns what the connection manager does to a request's headers before filters and routes see it: hop-by-hop fields go,
// the client's address is found, headers that only trusted peers may send are removed, ids are given.
// Source: https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_conn_man/headers

import { isValidReferer } from '../../base/absolute-url.ts';
import type { Address } from '../../base/address.ts';
import type { Random } from '../../base/random.ts';
import type { DownstreamConnectionInfo } from '../../observability/stream-info.ts';
import type { RequestHeaders } from '../headers/header-map.ts';
import { NameFlag, type NameInfo, Names } from '../headers/name.ts';
import type { ConnectionManagerConfig, ForwardProto } from './config-types.ts';
import { addressFromTheRight, appendForwardedFor, contains } from './forwarded-for.ts';

/** What was learned of the client. */
export interface RequestOrigin {
  /** The client as far as headers may be trusted. */
  readonly remoteAddress: Address;
  readonly internal: boolean;
  readonly forwardedProto: string;
  /** The request has an x-forwarded-client-cert. */
  readonly hasClientCert: boolean;
  /** Not 0: original_ip_detection_extensions refuse the request with it. */
  readonly rejectStatus: number;
}

/** Envoy keeps its decision to trace in the version digit of a UUID; whoever is outside may not take it. */
const traceDigit = 14;
const uuidLength = 36;

/** From external peers these would steer the proxy or speak for the mesh. */
const externalHeaders = [
  Names.xEnvoyRetriableStatusCodes,
  Names.xEnvoyRetriableHeaderNames,
  Names.xEnvoyRetryOn,
  Names.xEnvoyRetryGrpcOn,
  Names.xEnvoyMaxRetries,
  Names.xEnvoyUpstreamAltStatName,
  Names.xEnvoyUpstreamRequestTimeoutMs,
  Names.xEnvoyUpstreamRequestPerTryTimeoutMs,
  Names.xEnvoyUpstreamRequestTimeoutAltResponse,
  Names.xEnvoyExpectedRequestTimeoutMs,
  Names.xEnvoyForceTrace,
  Names.xEnvoyIpTags,
  Names.xEnvoyOriginalUrl,
  Names.xEnvoyHedgeOnPerTryTimeout,
];
const edgeHeaders = [
  Names.xEnvoyOriginalPath,
  Names.xEnvoyDecoratorOperation,
  Names.xEnvoyDownstreamServiceCluster,
  Names.xEnvoyDownstreamServiceNode,
];

/** Rewrites `headers` in place. */
export function prepareRequestHeaders(
  headers: RequestHeaders,
  config: ConnectionManagerConfig,
  connection: DownstreamConnectionInfo,
  random: Random,
): RequestOrigin {
  const { directRemoteAddress, remoteAddress: peer = directRemoteAddress, localAddress: local } = connection;
  const tls = connection.tls !== null;
  const hasClientCert = removeHopByHop(headers);
  const referer = headers.get(Names.referer);
  // With a user's name and password, or a fragment, it tells what was never meant to be sent (RFC 9110 section 10.1.3).
  if (referer !== undefined && !isValidReferer(referer)) headers.remove(Names.referer);
  let remoteAddress: Address = peer;
  let trustedForInternal = false;
  if (config.useRemoteAddress) {
    trustedForInternal = !headers.has(Names.xForwardedFor);
    if (config.xffNumTrustedHops > 0) {
      remoteAddress = addressFromTheRight(headers, config.xffNumTrustedHops - 1)?.address ?? peer;
    }
    if (!config.skipXffAppend) appendForwardedFor(headers, peer, config.localAddress);
    if (config.xffNumTrustedHops === 0 || !headers.has(Names.xForwardedProto)) {
      headers.set(Names.xForwardedProto, protoOf(connection, config.forwardProto));
    }
    if (
      config.appendXForwardedPort &&
      (config.xffNumTrustedHops === 0 || !headers.has(Names.xForwardedPort)) &&
      local.kind === 'ip'
    ) {
      headers.set(Names.xForwardedPort, String(local.port));
    }
  } else if (config.ipDetection.length > 0) {
    for (const detection of config.ipDetection) {
      const found = detection.detect(headers, peer);
      if (found.rejectStatus !== 0) {
        const { rejectStatus } = found;
        return { remoteAddress, internal: false, forwardedProto: '', hasClientCert, rejectStatus };
      }
      if (found.appendsXff) appendForwardedFor(headers, peer, config.localAddress);
      if (found.address === null) continue;
      remoteAddress = found.address;
      trustedForInternal = found.trusted;
      break;
    }
  } else {
    const found = addressFromTheRight(headers, config.xffNumTrustedHops);
    if (found !== null) {
      remoteAddress = found.address;
      trustedForInternal = found.single;
    }
  }
  if (!headers.has(Names.xForwardedProto))
    headers.append(Names.xForwardedProto, protoOf(connection, config.forwardProto));
  if (config.schemeOverwrite !== '') {
    headers.scheme = config.schemeOverwrite;
    headers.set(Names.xForwardedProto, config.schemeOverwrite);
  }
  const forwardedProto = headers.get(Names.xForwardedProto) ?? '';
  if (headers.scheme === '') headers.scheme = schemeOf(forwardedProto, tls);

  const internal = trustedForInternal && isInternal(remoteAddress, config);
  const edge = !internal && config.useRemoteAddress;
  if (internal) {
    headers.set(Names.xEnvoyInternal, 'true');
  } else {
    removeInternalHeaders(headers, edge, config);
  }
  if (config.addUserAgent) addUserAgent(headers, config);
  if (edge && remoteAddress.kind === 'ip') headers.set(Names.xEnvoyExternalAddress, remoteAddress.address);
  if (config.via !== '') headers.appendToValue(Names.via, config.via, ', ');
  if (config.generateRequestId) giveRequestId(headers, edge, config, random);
  return { remoteAddress, internal, forwardedProto, hasClientCert, rejectStatus: 0 };
}

/** By the transport, or the port that the client asked for, where a listener filter learned it (PROXY protocol, redirection). */
function protoOf(connection: DownstreamConnectionInfo, byPort: ForwardProto | null): 'http' | 'https' {
  const { tls, localAddress, directLocalAddress } = connection;
  if (byPort !== null && directLocalAddress !== undefined && localAddress.kind === 'ip') {
    if (byPort.https.has(localAddress.port)) return 'https';
    if (byPort.http.has(localAddress.port)) return 'http';
  }
  return tls === null ? 'http' : 'https';
}

/** What is no scheme of HTTP says nothing of the request's, and must not reach a redirect's location. */
function schemeOf(forwardedProto: string, tls: boolean): string {
  const scheme = forwardedProto.toLowerCase();
  return scheme === 'http' || scheme === 'https' ? scheme : tls ? 'https' : 'http';
}

/** Answers whether there is an x-forwarded-client-cert. */
function removeHopByHop(headers: RequestHeaders): boolean {
  // One pass finds whether there is anything to do: most requests carry none of it but `connection`.
  const entries = headers.entries;
  let found = 0;
  let te = false;
  let clientCert = false;
  for (let i = 0; i < entries.length; i += 2) {
    const name = entries[i] as NameInfo;
    found |= name.flags;
    if (name === Names.te) te = true;
    if (name === Names.xForwardedClientCert) clientCert = true;
  }
  const upgrade = headers.protocol !== '' && headers.method !== 'CONNECT';
  if (te && !upgrade) keepOnlyTrailers(headers);
  if ((found & NameFlag.HopByHop) !== 0) {
    if (upgrade) removeAllButUpgrade(headers);
    else headers.removeFlagged(NameFlag.HopByHop);
  }
  if ((found & NameFlag.Envoy) !== 0) headers.remove(Names.xEnvoyInternal);
  return clientCert;
}

/** RFC 9110 section 10.1.4: of TE only `trailers` may pass an intermediary. An empty one asks for nothing, and passes. */
function keepOnlyTrailers(headers: RequestHeaders): void {
  const value = headers.getJoined(Names.te) ?? '';
  if (value === '') return;
  if (value.split(',').some((token) => token.trim() === 'trailers')) headers.set(Names.te, 'trailers');
  else headers.remove(Names.te);
}

/** An upgrade keeps what asks for it, as it came. */
function removeAllButUpgrade(headers: RequestHeaders): void {
  headers.remove(Names.keepAlive);
  headers.remove(Names.proxyConnection);
  headers.remove(Names.transferEncoding);
}

function removeInternalHeaders(headers: RequestHeaders, edge: boolean, config: ConnectionManagerConfig): void {
  const entries = headers.entries;
  let any = false;
  for (let i = 0; i < entries.length; i += 2) {
    const name = entries[i];
    if (typeof name === 'object' && (name.flags & NameFlag.Envoy) !== 0) {
      any = true;
      break;
    }
  }
  if (any) {
    if (edge) for (const name of edgeHeaders) headers.remove(name);
    for (const name of externalHeaders) headers.remove(name);
  }
  const own = config.routes.current?.internalOnlyHeaders;
  if (own !== undefined) for (const name of own) headers.remove(name);
}

function addUserAgent(headers: RequestHeaders, config: ConnectionManagerConfig): void {
  headers.set(Names.xEnvoyDownstreamServiceCluster, config.serviceCluster);
  if (config.serviceNode !== '') headers.set(Names.xEnvoyDownstreamServiceNode, config.serviceNode);
  if (!headers.has(Names.userAgent)) headers.append(Names.userAgent, config.serviceCluster);
}

function giveRequestId(headers: RequestHeaders, edge: boolean, config: ConnectionManagerConfig, random: Random): void {
  const existing = headers.get(Names.xRequestId);
  if (existing === undefined || existing === '' || (edge && !config.preserveExternalRequestId)) {
    headers.set(Names.xRequestId, random.uuid());
  } else if (edge && config.packsTraceReason && existing.length === uuidLength) {
    headers.set(Names.xRequestId, `${existing.slice(0, traceDigit)}4${existing.slice(traceDigit + 1)}`);
  }
}

function isInternal(address: Address, config: ConnectionManagerConfig): boolean {
  if (address.kind === 'pipe') return config.trustUnixSockets;
  if (address.kind !== 'ip') return false;
  return contains(config.internalAddresses, address.address);
}
