// Owns what a log line, a header value or a local reply is made from.
//
// Text here is byte strings: one character per byte (latin1), as header values are kept, meant as UTF-8. So the bytes of a
// header pass through as they came, and a line is written without being encoded anew.
import type { StreamInfo } from '../stream-info.ts';

/** An interned header name; the http layer makes them (`headerName`). */
export interface HeaderName {
  readonly name: string;
}

/** What a format may ask of a header map. */
export interface HeaderReader {
  /** First value. */
  get(name: HeaderName): string | undefined;
  /** All values joined with commas. */
  getJoined(name: HeaderName): string | undefined;
  /** Each once, pseudo-headers too. */
  names(): string[];
  /** Sum of the lengths of names and values. */
  byteSize(): number;
}

/** Interns a lower-case name, also of a pseudo-header. */
export type HeaderNameResolver = (name: string) => HeaderName;

/** envoy.data.accesslog.v3.AccessLogType. */
export const AccessLogType = {
  NotSet: 0,
  TcpUpstreamConnected: 1,
  TcpPeriodic: 2,
  TcpConnectionEnd: 3,
  DownstreamStart: 4,
  DownstreamPeriodic: 5,
  DownstreamEnd: 6,
  UpstreamPoolReady: 7,
  UpstreamPeriodic: 8,
  UpstreamEnd: 9,
  DownstreamTunnelSuccessfullyEstablished: 10,
  UdpTunnelUpstreamConnected: 11,
  UdpPeriodic: 12,
  UdpSessionEnd: 13,
  TcpConnectionStart: 14,
} as const;
export type AccessLogType = (typeof AccessLogType)[keyof typeof AccessLogType];

/** Only valid during the call it is passed to. One object may serve all requests of a connection. */
export interface LogContext {
  readonly streamInfo: StreamInfo;
  /** Null for L4 connections and where there were none. */
  readonly requestHeaders: HeaderReader | null;
  readonly responseHeaders: HeaderReader | null;
  readonly responseTrailers: HeaderReader | null;
  readonly logType: AccessLogType;
  /** Body of a local reply, for %LOCAL_REPLY_BODY% in local_reply_config; empty otherwise. */
  readonly localReplyBody: string;
}

/** What a format sees where there is no response, and for a connection no request either. */
export function contextWithoutResponse(
  streamInfo: StreamInfo,
  requestHeaders: HeaderReader | null = null,
  logType: AccessLogType = AccessLogType.NotSet,
): LogContext {
  return { streamInfo, requestHeaders, responseHeaders: null, responseTrailers: null, logType, localReplyBody: '' };
}
