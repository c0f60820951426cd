// Owns the verdict on a head that is not whole, or not well-formed: its first byte and its start line are judged as soon as
// they are there and only once, and come before what is wrong further on, however the bytes were split.
import type { CodecError } from '../api.ts';
import type { HeadReader } from './head-reader.ts';
import { ScanResult } from './head-scanner.ts';

/** Of requests or of responses. */
export interface BeginningJudge {
  readBeginning(reader: HeadReader): CodecError | null;
}

/** After a read that was not complete. Null: more may come. */
export function judgeBeginning(reader: HeadReader, judge: BeginningJudge): CodecError | null {
  let error: CodecError | null = null;
  if (!reader.startLineJudged) {
    reader.startLineJudged = reader.scanner.startLineEnd !== 0;
    error = judge.readBeginning(reader);
  }
  return error ?? (reader.result === ScanResult.Error ? reader.error : null);
}
