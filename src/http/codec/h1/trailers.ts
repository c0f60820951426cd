// Owns trailer fields (RFC 9110 section 6.5). Those that would frame or route a message have no meaning there and are
// dropped: whoever merges trailers into the head must not find them (Envoy passes them on).
import { latin1 } from '../../../base/byte-string.ts';
import { appendTrailer, type HeaderMap } from '../../headers/header-map.ts';
import { NameFlag, type NameInfo } from '../../headers/name.ts';
import type { CodecError, Http1CodecStats, Http1Settings } from '../api.ts';
import { H1Error } from './errors.ts';
import { unfold } from './head-fields.ts';
import type { HeadReader } from './head-reader.ts';

/** Fills `trailers` from a complete trailer section. */
export function readTrailers(
  reader: HeadReader,
  trailers: HeaderMap,
  settings: Http1Settings,
  stats: Http1CodecStats,
): CodecError | null {
  const { names, bounds, count, folded, length } = reader.scanner;
  if (count > settings.maxHeadersCount) return H1Error.tooManyHeaders;
  const text = latin1(reader.bytes, reader.start, reader.start + length);
  for (let i = 0; i < count; i++) {
    const name = names[i] as NameInfo;
    if ((name.flags & (NameFlag.Framing | NameFlag.FramingLookalike)) !== 0) continue;
    if ((name.flags & NameFlag.Underscore) !== 0) {
      if (settings.headersWithUnderscores === 'drop') {
        stats.droppedHeadersWithUnderscores.inc();
        continue;
      }
      if (settings.headersWithUnderscores === 'reject') {
        stats.requestsRejectedWithUnderscoresInHeaders.inc();
        return H1Error.underscore;
      }
    }
    const value = text.slice(bounds[i << 1], bounds[(i << 1) | 1]);
    appendTrailer(trailers, name, folded ? unfold(value) : value);
  }
  return null;
}
