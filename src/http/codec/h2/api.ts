// What other layers use of the HTTP/2 codec.
import type { ClientCodec, ClientCodecCallbacks, CodecConnection, ServerCodec, ServerCodecCallbacks } from '../api.ts';
import { Http2ClientCodec } from './client-codec.ts';
import type { KeepaliveServices } from './keepalive.ts';
import { Http2ServerCodec } from './server-codec.ts';
import type { Http2CodecStats, Http2Settings } from './settings.ts';

export type { KeepaliveServices as Http2Services } from './keepalive.ts';
export { beginsHttp2 } from './server-codec.ts';
export { defaultHttp2Settings, type Http2CodecStats, type Http2Settings } from './settings.ts';
export { http2CodecStats } from './stats.ts';

/** `streamBufferLimit`: octets that may wait for one stream's window before its feeder is told. `services`: for keepalive. */
export function createHttp2ServerCodec(
  connection: CodecConnection,
  callbacks: ServerCodecCallbacks,
  settings: Http2Settings,
  stats: Http2CodecStats,
  streamBufferLimit: number,
  services: KeepaliveServices | null = null,
): ServerCodec {
  return new Http2ServerCodec(connection, callbacks, settings, stats, streamBufferLimit, services);
}

export function createHttp2ClientCodec(
  connection: CodecConnection,
  callbacks: ClientCodecCallbacks,
  settings: Http2Settings,
  stats: Http2CodecStats,
  streamBufferLimit: number,
  services: KeepaliveServices | null = null,
): ClientCodec {
  return new Http2ClientCodec(connection, callbacks, settings, stats, streamBufferLimit, services);
}
