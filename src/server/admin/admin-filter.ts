// Owns the HTTP side of the admin: a terminal filter that gathers the request, asks the endpoint and streams what it
// gives. The admin sits on the proxy's own connection manager, as Envoy's does, so it costs no second HTTP stack
// (node:http: 6.8 MB, DESIGN 3.8) and counts itself under `http.admin.`.
import { logger } from '../../base/logger.ts';
import { ResetReason } from '../../http/codec/api.ts';
import {
  type DecoderFilter,
  type DecoderFilterCallbacks,
  type DownstreamWatermarkCallbacks,
  FilterDataStatus,
  FilterHeadersStatus,
  type FilterPair,
  FilterTrailersStatus,
  type HttpFilterFactory,
} from '../../http/filter/api.ts';
import type { RequestHeaders } from '../../http/headers/header-map.ts';
import { ResponseHeaders } from '../../http/headers/header-map.ts';
import { Names, pinnedName } from '../../http/headers/name.ts';
import type { AdminRequest, AdminResponse } from './endpoint.ts';
import { nextTurn } from './turns.ts';

const log = logger('admin');
const contentTypeOptions = pinnedName('x-content-type-options');
/** Nobody needs a larger body here. */
const maxBodyBytes = 1024 * 1024;

export type AdminDispatch = (request: AdminRequest) => Promise<AdminResponse>;

class AdminFilter implements DecoderFilter, DownstreamWatermarkCallbacks {
  #callbacks!: DecoderFilterCallbacks;
  #headers: RequestHeaders | null = null;
  #body: Buffer[] = [];
  #bodyBytes = 0;
  #ended = false;
  #paused = 0;
  #resume: (() => void) | null = null;
  readonly #dispatch: AdminDispatch;

  constructor(dispatch: AdminDispatch) {
    this.#dispatch = dispatch;
  }

  setDecoderCallbacks(callbacks: DecoderFilterCallbacks): void {
    this.#callbacks = callbacks;
    callbacks.addDownstreamWatermarkCallbacks(this);
  }

  decodeHeaders(headers: RequestHeaders, endStream: boolean): FilterHeadersStatus {
    this.#headers = headers;
    if (endStream) void this.#answer();
    return FilterHeadersStatus.StopIteration;
  }

  decodeData(data: Buffer, endStream: boolean): FilterDataStatus {
    this.#bodyBytes += data.length;
    if (this.#bodyBytes > maxBodyBytes) {
      this.#callbacks.sendLocalReply({ status: 413, body: 'Payload Too Large', details: 'request_payload_too_large' });
      return FilterDataStatus.StopIterationNoBuffer;
    }
    this.#body.push(Buffer.from(data));
    if (endStream) void this.#answer();
    return FilterDataStatus.StopIterationNoBuffer;
  }

  decodeTrailers(): FilterTrailersStatus {
    void this.#answer();
    return FilterTrailersStatus.StopIteration;
  }

  async #answer(): Promise<void> {
    const headers = this.#headers as RequestHeaders;
    const response = await this.#dispatch({
      method: headers.method,
      target: headers.path,
      contentType: headers.get(Names.contentType) ?? '',
      body: Buffer.concat(this.#body),
    });
    if (this.#ended) return;
    const head = new ResponseHeaders(response.status);
    head.append(Names.contentType, response.contentType);
    head.append(Names.cacheControl, 'no-cache, max-age=0');
    head.append(contentTypeOptions, 'nosniff');
    const text = typeof response.body === 'string' ? Buffer.from(response.body) : null;
    if (headers.method === 'HEAD') {
      this.#callbacks.encodeHeaders(head, true, 'admin_filter_response');
      return;
    }
    this.#callbacks.encodeHeaders(head, false, 'admin_filter_response');
    if (text !== null) this.#callbacks.encodeData(text, true);
    else await this.#stream(headers.path, response.body as AsyncIterable<string | Uint8Array>);
    const { afterSent } = response;
    // The answer is written at the end of this turn of the event loop.
    if (afterSent !== undefined) setImmediate(() => setImmediate(afterSent));
  }

  /** A turn of the event loop between parts, so that a scrape holds nothing up; and no more than the client takes. */
  async #stream(path: string, parts: AsyncIterable<string | Uint8Array>): Promise<void> {
    try {
      for await (const part of parts) {
        await nextTurn();
        if (this.#paused > 0) await new Promise<void>((resolve) => (this.#resume = resolve));
        if (this.#ended) return;
        if (part.length > 0) this.#callbacks.encodeData(bytesOf(part), false);
      }
    } catch (error) {
      // The head is out: all that is left to say so is to break the response off.
      log.error(`admin endpoint ${path} failed: ${error instanceof Error ? error.stack : String(error)}`);
      if (!this.#ended) this.#callbacks.resetStream(ResetReason.LocalReset);
      return;
    }
    if (!this.#ended) this.#callbacks.encodeData(Buffer.alloc(0), true);
  }

  onAboveWriteBufferHighWatermark(): void {
    this.#paused++;
  }

  onBelowWriteBufferLowWatermark(): void {
    this.#paused--;
    if (this.#paused === 0) this.#wake();
  }

  #wake(): void {
    const resume = this.#resume;
    this.#resume = null;
    resume?.();
  }

  onDestroy(): void {
    this.#ended = true;
    this.#wake();
  }
}

function bytesOf(part: string | Uint8Array): Buffer {
  return typeof part === 'string' ? Buffer.from(part) : Buffer.from(part.buffer, part.byteOffset, part.byteLength);
}

export class AdminFilterFactory implements HttpFilterFactory {
  readonly name = 'admin';
  readonly terminal = true;
  readonly disabledByDefault = false;
  readonly #dispatch: AdminDispatch;

  constructor(dispatch: AdminDispatch) {
    this.#dispatch = dispatch;
  }

  createFilters(): FilterPair {
    return { decoder: new AdminFilter(this.#dispatch), encoder: null };
  }
}
