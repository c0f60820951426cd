// What other layers use of the HTTP/2 codec.
import type { ClientCodec, ClientCodecCallbacks, CodecConnection, ServerCodec, ServerCodecCallbacks } from '../api.ts';
import { Http2ClientCodec } from './client-codec.ts';
import { Http2ServerCodec } from './server-codec.ts';
import type { Http2CodecStats, Http2Settings } from './settings.ts';

export { beginsHttp2 } from './server-codec.ts';
export { defaultHttp2Settings, type Http2CodecStats, type Http2Settings } from './settings.ts';
export { http2CodecStats } from './stats.ts';

/** `streamBufferLimit`: octets that may wait for one stream's window before its feeder is told. */
export function createHttp2ServerCodec(
  connection: CodecConnection,
  callbacks: ServerCodecCallbacks,
  settings: Http2Settings,
  stats: Http2CodecStats,
  streamBufferLimit: number,
): ServerCodec {
  return new Http2ServerCodec(connection, callbacks, settings, stats, streamBufferLimit);
}

export function createHttp2ClientCodec(
  connection: CodecConnection,
  callbacks: ClientCodecCallbacks,
  settings: Http2Settings,
  stats: Http2CodecStats,
  streamBufferLimit: number,
): ClientCodec {
  return new Http2ClientCodec(connection, callbacks, settings, stats, streamBufferLimit);
}
