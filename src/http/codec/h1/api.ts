// What other layers use of the HTTP/1.1 codec.
import type {
  ClientCodec,
  ClientCodecCallbacks,
  CodecConnection,
  Http1CodecStats,
  Http1Settings,
  ServerCodec,
  ServerCodecCallbacks,
} from '../api.ts';
import { H1ClientCodec } from './client-codec.ts';
import { H1ServerCodec } from './server-codec.ts';

export function createServerCodec(
  connection: CodecConnection,
  callbacks: ServerCodecCallbacks,
  settings: Http1Settings,
  stats: Http1CodecStats,
): ServerCodec {
  return new H1ServerCodec(connection, callbacks, settings, stats);
}

export function createClientCodec(
  connection: CodecConnection,
  callbacks: ClientCodecCallbacks,
  settings: Http1Settings,
  stats: Http1CodecStats,
): ClientCodec {
  return new H1ClientCodec(connection, callbacks, settings, stats);
}
