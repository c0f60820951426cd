// Owns x-envoy-compression-status: what became of a response, or the first thing that kept it from being compressed.
import { Names, pinnedName, type ResponseHeaders } from '../../../../http/headers/api.ts';
import { forbidsTransform } from '../../../common/compression/headers.ts';
import type { CompressorSettings } from './settings.ts';

const compressionStatus = pinnedName('x-envoy-compression-status');

/** What nothing is told of. */
export function isPassedOver(headers: ResponseHeaders): boolean {
  return forbidsTransform(headers) || headers.has(Names.contentEncoding);
}

/** Undefined: nothing stands in the way. Empty: something does that is not told. The counters count here once more, as in Envoy. */
export function obstacleTo(headers: ResponseHeaders, settings: CompressorSettings): string | undefined {
  const { response, disableOnEtag, uncompressibleCodes, negotiationStats } = settings;
  if (isPassedOver(headers)) return '';
  if (!response.isLongEnough(headers)) return 'ContentLengthTooSmall';
  if (!response.allowsContentType(headers)) return 'ContentTypeNotAllowed';
  if (disableOnEtag && headers.has(Names.etag)) {
    negotiationStats.notCompressedEtag.inc();
    return 'EtagNotAllowed';
  }
  return uncompressibleCodes.includes(headers.status) ? 'StatusCodeNotAllowed' : undefined;
}

/** What others said before stays there. */
export function tellStatus(headers: ResponseHeaders, encoding: string, words: string): void {
  headers.append(compressionStatus, `${encoding};${words}`);
}
