// Owns which protocol a connection speaks: by codec_type, by ALPN, by its first bytes.
import type { Connection } from '../../network/api.ts';
import { beginsHttp2 } from '../codec/h2/api.ts';
import type { ConnectionManagerConfig } from './config-types.ts';

export function speaksHttp2(
  codecType: ConnectionManagerConfig['codecType'],
  connection: Connection,
  data: Buffer,
): boolean {
  if (codecType !== 'auto') return codecType === 'http2';
  return connection.nextProtocol === '' ? beginsHttp2(data) : connection.nextProtocol === 'h2';
}
