// Owns what expressions see where a request is judged before there is a response: conditions of policies, matcher trees.
import { AccessLogType, type HeaderReader, type LogContext } from '../access-log/context.ts';
import type { StreamInfo } from '../stream-info.ts';
import type { CelExpression } from './expression.ts';

/** One for each expression: it is asked about one request after the other, and keeps none. */
export class MatchContext implements LogContext {
  #streamInfo: StreamInfo | null = null;
  requestHeaders: HeaderReader | null = null;
  readonly responseHeaders = null;
  readonly responseTrailers = null;
  readonly logType = AccessLogType.NotSet;
  readonly localReplyBody = '';

  get streamInfo(): StreamInfo {
    // Set while an expression runs.
    return this.#streamInfo as StreamInfo;
  }

  isTrue(expression: CelExpression, streamInfo: StreamInfo, headers: HeaderReader): boolean {
    return this.isTrueBeforeResponse(expression, streamInfo, headers) === true;
  }

  /** Undefined where the expression looked at the response. */
  isTrueBeforeResponse(expression: CelExpression, streamInfo: StreamInfo, headers: HeaderReader): boolean | undefined {
    this.#streamInfo = streamInfo;
    this.requestHeaders = headers;
    const result = expression.isTrueBeforeResponse(this);
    this.#streamInfo = null;
    this.requestHeaders = null;
    return result;
  }
}
