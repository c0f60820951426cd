// Owns what the format operators of a route see: header rules, rewrites, direct responses.
import type { HeaderMap, RequestHeaders, ResponseHeaders } from '../../http/headers/header-map.ts';
import { AccessLogType, type Formatter, type LogContext } from '../../observability/access-log/api.ts';
import type { StreamInfo } from '../../observability/stream-info.ts';

/** One object: values are worked out one after the other, and none is kept. */
class FormatSource implements LogContext {
  #streamInfo: StreamInfo | null = null;
  requestHeaders: RequestHeaders | null = null;
  responseHeaders: ResponseHeaders | null = null;
  responseTrailers: HeaderMap | null = null;
  readonly logType = AccessLogType.NotSet;
  localReplyBody = '';

  get streamInfo(): StreamInfo {
    // Set whenever a value is worked out.
    return this.#streamInfo as StreamInfo;
  }

  set(
    streamInfo: StreamInfo,
    request: RequestHeaders | null,
    response: ResponseHeaders | null,
    responseTrailers: HeaderMap | null = null,
  ): void {
    this.#streamInfo = streamInfo;
    this.requestHeaders = request;
    this.responseHeaders = response;
    this.responseTrailers = responseTrailers;
  }

  clear(): void {
    this.#streamInfo = null;
    this.requestHeaders = null;
    this.responseHeaders = null;
    this.responseTrailers = null;
    this.localReplyBody = '';
  }
}

export const formatSource = new FormatSource();

/** A byte string. `localReplyBody`, one too, is what %LOCAL_REPLY_BODY% stands for. */
export function formatForRequest(
  formatter: Formatter,
  headers: RequestHeaders,
  streamInfo: StreamInfo,
  localReplyBody = '',
): string {
  formatSource.set(streamInfo, headers, null);
  formatSource.localReplyBody = localReplyBody;
  const text = formatter.format(formatSource);
  formatSource.clear();
  return text;
}
