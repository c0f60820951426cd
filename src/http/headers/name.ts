// Owns header names: each is one interned object with flags, so that routing, hop-by-hop removal and filters compare
// identities and test bits instead of strings (DESIGN 3.1).
import { joinedInRequests, joinedInResponses, requestJoinBit, responseJoinBit } from './joined-names.ts';

/** Facts about a name, as bits of `NameInfo.flags`. */
export const NameFlag = {
  /** `:method` and the like: kept in fields of the header map, not in its entries. */
  Pseudo: 1 << 0,
  /** Concerns one connection only (RFC 9110 section 7.6.1): never forwarded as it came. */
  HopByHop: 1 << 1,
  /** A credential: never put into a compression table (RFC 7541 section 7.1.3). */
  NeverIndex: 1 << 2,
  /** A second value makes the message ambiguous; setters replace instead of append. */
  Single: 1 << 3,
  /** Starts with `x-envoy-`. */
  Envoy: 1 << 4,
  /** Values of several lines may not be joined with a comma (set-cookie, RFC 6265 section 3). */
  NeverJoin: 1 << 5,
  /** Decides where an HTTP/1 message or its connection ends: the codec reads it (codec/h1/message-head.ts). */
  Framing: 1 << 6,
  /** Has an underscore: some servers take it for a hyphen (headers_with_underscores_action). */
  Underscore: 1 << 7,
  /** With hyphens for its underscores it would frame the message: two parsers may disagree about it (DESIGN 5). */
  FramingLookalike: 1 << 8,
  /** No message of HTTP/2 may have it: no such pseudo-header, upper case, other characters (RFC 9113 section 8.2.1). */
  Malformed: 1 << 9,
} as const;

let nextSerial = 0;

export class NameInfo {
  /** Always lower case. */
  readonly name: string;
  readonly flags: number;
  /** `name: ` as HTTP/1 writes it; made once here, not for each header. */
  readonly wire: string;
  /** Not 0: lines that repeat the field become one (joined-names.ts). */
  readonly requestJoin: number;
  readonly responseJoin: number;
  /** Different for names that are made one after the other: finds places in small tables. */
  readonly serial: number = nextSerial++;
  #properWire = '';

  constructor(name: string, flags: number) {
    this.name = name;
    this.flags = flags | flagsOfSpelling(name);
    this.wire = `${name}: `;
    this.requestJoin = requestJoinBit(name);
    this.responseJoin = responseJoinBit(name);
  }

  /** `Name: ` with the first letter of each word in upper case (header_key_format proper_case_words). */
  get properWire(): string {
    if (this.#properWire === '') this.#properWire = `${properCase(this.name)}: `;
    return this.#properWire;
  }
}

/** The flags that follow from the letters alone. */
function flagsOfSpelling(name: string): number {
  let flags = name.startsWith('x-envoy-') ? NameFlag.Envoy : 0;
  if (name.includes('_')) {
    flags |= NameFlag.Underscore;
    const hyphens = name.replaceAll('_', '-');
    if (hyphens === 'transfer-encoding' || hyphens === 'content-length') flags |= NameFlag.FramingLookalike;
  }
  return flags;
}

/** A letter at the start, or behind anything that is neither letter nor digit, goes to upper case, as Envoy does. */
function properCase(name: string): string {
  let out = '';
  let boundary = true;
  for (const char of name) {
    out += boundary ? char.toUpperCase() : char;
    boundary = !((char >= 'a' && char <= 'z') || (char >= '0' && char <= '9'));
  }
  return out;
}

/** Names that stay for good: our own and those of configuration. */
const known = new Map<string, NameInfo>();
/** Names that peers sent, in lower case; bounded, since peers choose them. */
const interned = new Map<string, NameInfo>();
const maxInterned = 2048;
/** Longer names are not kept: what peers choose must not fill the memory. */
const maxInternedLength = 128;

function define(name: string, flags = 0): NameInfo {
  const info = new NameInfo(name, flags);
  known.set(name, info);
  return info;
}

const { Pseudo, HopByHop, NeverIndex, Single, NeverJoin, Framing } = NameFlag;

/** Names the proxy itself reads or writes. */
export const Names = {
  method: define(':method', Pseudo | Single),
  path: define(':path', Pseudo | Single),
  authority: define(':authority', Pseudo | Single),
  scheme: define(':scheme', Pseudo | Single),
  protocol: define(':protocol', Pseudo | Single),
  status: define(':status', Pseudo | Single),

  host: define('host', Single | Framing),
  connection: define('connection', HopByHop | Framing),
  keepAlive: define('keep-alive', HopByHop | Framing),
  proxyConnection: define('proxy-connection', HopByHop | Framing),
  te: define('te'),
  transferEncoding: define('transfer-encoding', HopByHop | Single | Framing),
  upgrade: define('upgrade', HopByHop | Framing),
  trailer: define('trailer'),
  contentLength: define('content-length', Single | Framing),
  contentType: define('content-type', Single),
  contentEncoding: define('content-encoding'),
  date: define('date', Single),
  server: define('server', Single),
  expect: define('expect'),
  location: define('location', Single),
  via: define('via'),
  cookie: define('cookie', NeverIndex),
  setCookie: define('set-cookie', NeverIndex | NeverJoin),
  authorization: define('authorization', NeverIndex | Single),
  proxyAuthorization: define('proxy-authorization', NeverIndex | Single),
  userAgent: define('user-agent', Single),
  accept: define('accept'),
  acceptEncoding: define('accept-encoding'),
  acceptLanguage: define('accept-language'),
  cacheControl: define('cache-control'),
  origin: define('origin', Single),
  referer: define('referer', Single),
  retryAfter: define('retry-after', Single),
  etag: define('etag', Single),
  vary: define('vary'),
  http2Settings: define('http2-settings'),
  forwarded: define('forwarded'),
  xForwardedFor: define('x-forwarded-for'),
  xForwardedProto: define('x-forwarded-proto', Single),
  xForwardedHost: define('x-forwarded-host'),
  xForwardedPort: define('x-forwarded-port', Single),
  xForwardedClientCert: define('x-forwarded-client-cert'),
  xRequestId: define('x-request-id', Single),
  xClientTraceId: define('x-client-trace-id', Single),
  xOtSpanContext: define('x-ot-span-context', Single),
  grpcStatus: define('grpc-status', Single),
  grpcMessage: define('grpc-message', Single),
  grpcTimeout: define('grpc-timeout', Single),
  grpcAcceptEncoding: define('grpc-accept-encoding'),
  xEnvoyAttemptCount: define('x-envoy-attempt-count', Single),
  xEnvoyDecoratorOperation: define('x-envoy-decorator-operation', Single),
  xEnvoyDegraded: define('x-envoy-degraded', Single),
  xEnvoyDownstreamServiceCluster: define('x-envoy-downstream-service-cluster', Single),
  xEnvoyDownstreamServiceNode: define('x-envoy-downstream-service-node', Single),
  xEnvoyExpectedRequestTimeoutMs: define('x-envoy-expected-rq-timeout-ms', Single),
  xEnvoyExternalAddress: define('x-envoy-external-address', Single),
  xEnvoyForceTrace: define('x-envoy-force-trace', Single),
  xEnvoyHedgeOnPerTryTimeout: define('x-envoy-hedge-on-per-try-timeout', Single),
  xEnvoyImmediateHealthCheckFail: define('x-envoy-immediate-health-check-fail', Single),
  xEnvoyInternal: define('x-envoy-internal', Single),
  xEnvoyIpTags: define('x-envoy-ip-tags'),
  xEnvoyIsTimeoutRetry: define('x-envoy-is-timeout-retry', Single),
  xEnvoyMaxRetries: define('x-envoy-max-retries', Single),
  xEnvoyOriginalDstHost: define('x-envoy-original-dst-host', Single),
  xEnvoyOriginalMethod: define('x-envoy-original-method', Single),
  xEnvoyOriginalPath: define('x-envoy-original-path', Single),
  xEnvoyOriginalUrl: define('x-envoy-original-url', Single),
  xEnvoyOriginalHost: define('x-envoy-original-host', Single),
  xEnvoyOverloaded: define('x-envoy-overloaded', Single),
  xEnvoyLocalOverloaded: define('x-envoy-local-overloaded', Single),
  xEnvoyPeerMetadata: define('x-envoy-peer-metadata', Single),
  xEnvoyRetryOn: define('x-envoy-retry-on', Single),
  xEnvoyRetryGrpcOn: define('x-envoy-retry-grpc-on', Single),
  xEnvoyRetriableStatusCodes: define('x-envoy-retriable-status-codes', Single),
  xEnvoyRetriableHeaderNames: define('x-envoy-retriable-header-names', Single),
  xEnvoyUpstreamAltStatName: define('x-envoy-upstream-alt-stat-name', Single),
  xEnvoyUpstreamCanary: define('x-envoy-upstream-canary', Single),
  xEnvoyUpstreamHealthCheckedCluster: define('x-envoy-upstream-healthchecked-cluster', Single),
  xEnvoyUpstreamRequestPerTryTimeoutMs: define('x-envoy-upstream-rq-per-try-timeout-ms', Single),
  xEnvoyUpstreamRequestTimeoutAltResponse: define('x-envoy-upstream-rq-timeout-alt-response', Single),
  xEnvoyUpstreamRequestTimeoutMs: define('x-envoy-upstream-rq-timeout-ms', Single),
  xEnvoyUpstreamServiceTime: define('x-envoy-upstream-service-time', Single),
} as const;

// Names that are joined are compared by identity, however full the table of what peers sent.
for (const name of [...joinedInRequests, ...joinedInResponses]) pinnedName(name);

/**
 * The name of any spelling. Known and often-seen names are interned, so equal names are mostly, but past the bound not
 * always, the same object: compare names that configuration holds by `pinnedName`, own constants from `Names`, with `===`.
 */
export function headerName(spelling: string): NameInfo {
  return known.get(spelling) ?? interned.get(spelling) ?? internSpelling(spelling);
}

function internSpelling(spelling: string): NameInfo {
  const lower = spelling.toLowerCase();
  let info = known.get(lower) ?? interned.get(lower);
  if (info === undefined) {
    info = new NameInfo(flatten(lower), 0);
    if (interned.size < maxInterned && lower.length <= maxInternedLength) interned.set(info.name, info);
  }
  return info;
}

/** A name that configuration holds for good: interned whatever the bound, so identity tests always work for it. */
export function pinnedName(spelling: string): NameInfo {
  const lower = spelling.toLowerCase();
  const existing = known.get(lower);
  if (existing !== undefined) return existing;
  const info = interned.get(lower);
  if (info === undefined) return define(flatten(lower));
  known.set(lower, info);
  interned.delete(lower);
  return info;
}

/** Whether every later look-up of that name gives this very object. */
export function isInterned(info: NameInfo): boolean {
  return (known.get(info.name) ?? interned.get(info.name)) === info;
}

/** A slice of a message head keeps the whole head alive (DESIGN 3.1); what outlives the request is copied. */
function flatten(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}
