// Owns what local_reply_config does to a local reply: the first mapper that fits changes status, headers and body, then the
// body goes through a format. What upstreams answer does not come here.
import {
  type AccessLogFilter,
  AccessLogType,
  type Formatter,
  type LogContext,
} from '../../observability/access-log/api.ts';
import type { StreamInfo } from '../../observability/stream-info.ts';
import type { HeaderRules } from '../../router/api.ts';
import { RequestHeaders, ResponseHeaders } from '../headers/header-map.ts';

export interface ReplyFormat {
  /** Null: the body as it is. */
  readonly formatter: Formatter | null;
  readonly contentType: string;
}

export interface ReplyMapper {
  readonly filter: AccessLogFilter;
  /** 0: as it was. */
  readonly status: number;
  /** A byte string; null: as it was. */
  readonly body: string | null;
  /** Null: that of the configuration. */
  readonly format: ReplyFormat | null;
  readonly headers: HeaderRules | null;
}

/** A local reply in the making. */
export interface ReplyParts {
  readonly headers: ResponseHeaders;
  status: number;
  /** A byte string. */
  body: string;
  contentType: string;
}

/** A request too malformed to have headers is looked at as if it had none. */
const noRequest = new RequestHeaders();
const noResponse = new ResponseHeaders();

export class LocalReplyRewriter {
  readonly #mappers: readonly ReplyMapper[];
  readonly #format: ReplyFormat;

  constructor(mappers: readonly ReplyMapper[], format: ReplyFormat) {
    this.#mappers = mappers;
    this.#format = format;
  }

  /** `info` tells filters and formats the status as it is at that moment. */
  rewrite(parts: ReplyParts, request: RequestHeaders | null, info: StreamInfo): void {
    const source = replySource;
    info.responseCode = parts.status;
    source.set(info, request ?? noRequest, parts);
    const format = this.#map(parts, source, info);
    source.localReplyBody = parts.body;
    parts.contentType = format.contentType;
    if (format.formatter !== null) parts.body = format.formatter.format(source);
    source.clear();
  }

  #map(parts: ReplyParts, source: ReplySource, info: StreamInfo): ReplyFormat {
    for (const mapper of this.#mappers) {
      if (!mapper.filter.evaluate(source)) continue;
      if (mapper.body !== null) parts.body = mapper.body;
      mapper.headers?.applyToResponse(parts.headers, source.requestHeaders, info);
      if (mapper.status !== 0) {
        parts.status = mapper.status;
        parts.headers.status = mapper.status;
        info.responseCode = mapper.status;
      }
      return mapper.format ?? this.#format;
    }
    return this.#format;
  }
}

/** What filters and formats read. One object: replies are rewritten one after the other, and none is kept. */
class ReplySource implements LogContext {
  #streamInfo: StreamInfo | null = null;
  requestHeaders: RequestHeaders = noRequest;
  responseHeaders: ResponseHeaders = noResponse;
  readonly responseTrailers = null;
  readonly logType = AccessLogType.NotSet;
  localReplyBody = '';

  get streamInfo(): StreamInfo {
    // Set whenever somebody asks.
    return this.#streamInfo as StreamInfo;
  }

  set(streamInfo: StreamInfo, request: RequestHeaders, parts: ReplyParts): void {
    this.#streamInfo = streamInfo;
    this.requestHeaders = request;
    this.responseHeaders = parts.headers;
    this.localReplyBody = parts.body;
  }

  clear(): void {
    this.#streamInfo = null;
    this.requestHeaders = noRequest;
    this.responseHeaders = noResponse;
    this.localReplyBody = '';
  }
}

const replySource = new ReplySource();
