// Owns the filter that lets a request's upstream connection come from the address of the client that it names.
import { FilterHeadersStatus, PassThroughDecoder } from '../../../../http/filter/api.ts';
import { upstreamSourceKey } from '../../../../upstream/api.ts';
import type { ClientSources } from '../../../common/original-src/source.ts';

export class OriginalSrcFilter extends PassThroughDecoder {
  readonly #sources: ClientSources;

  constructor(sources: ClientSources) {
    super();
    this.#sources = sources;
  }

  override decodeHeaders(): FilterHeadersStatus {
    const { streamInfo } = this.decoder;
    const source = this.#sources.of(streamInfo.downstreamRemoteAddress);
    if (source !== null) streamInfo.setFilterState(upstreamSourceKey, source);
    return FilterHeadersStatus.Continue;
  }
}
