// Owns zstd dictionaries: read from the configuration, and found by the identifier that a frame names (RFC 8878 sections 3.1.1
// and 5).
import { type ConfigContext, readDataSource } from '../../../config/api.ts';
import type { DataSource } from '../../../generated/envoy/config/core/v3/base_pb.d.ts';

const dictionaryMagic = 0xec30a437;
const frameMagic = 0xfd2fb528;
/** Magic numbers, descriptor, window and the longest identifier. */
export const frameHeadLength = 10;

export interface ZstdDictionary {
  readonly id: number;
  readonly bytes: Buffer;
}

/** Undefined after an error was reported. */
export function readDictionary(
  source: DataSource,
  message: object,
  field: string,
  config: ConfigContext,
): ZstdDictionary | undefined {
  const bytes = readDataSource(source, message, field, 'RMR0700', config);
  if (bytes === undefined) return undefined;
  const id = bytes.length >= 8 && bytes.readUInt32LE(0) === dictionaryMagic ? bytes.readUInt32LE(4) : 0;
  if (id !== 0) return { id, bytes };
  const found = bytes.length === 0 ? 'it is empty' : 'it has no identifier';
  config.error(message, field, 'RMR0700', `no zstd dictionary as 'zstd --train' makes one: ${found}`);
  return undefined;
}

/** Which dictionary the frame that begins with `head` was made with; 0 for none. */
export function dictionaryIdOf(head: Buffer): number {
  if (head.length < 5 || head.readUInt32LE(0) !== frameMagic) return 0;
  const descriptor = head[4] as number;
  const length = [0, 1, 2, 4][descriptor & 3] as number;
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const at = isSingleSegment ? 5 : 6;
  return length === 0 || head.length < at + length ? 0 : head.readUIntLE(at, length);
}
