// Owns the filter that lets upstream connections come from the client's address.
import { FilterStatus, type ListenerFilter, type ListenerFilterCallbacks } from '../../../../listener/api.ts';
import { upstreamSourceKey } from '../../../../upstream/api.ts';
import type { ClientSources } from '../../../common/original-src/source.ts';

/** Without state of its own: one serves all connections. */
export class OriginalSrcFilter implements ListenerFilter {
  readonly maxReadBytes = 0;
  readonly #sources: ClientSources;

  constructor(sources: ClientSources) {
    this.#sources = sources;
  }

  onAccept({ accepted }: ListenerFilterCallbacks): FilterStatus {
    const source = this.#sources.of(accepted.remoteAddress);
    if (source !== null) {
      accepted.filterState ??= new Map();
      accepted.filterState.set(upstreamSourceKey, source);
    }
    return FilterStatus.Continue;
  }

  onData(): FilterStatus {
    return FilterStatus.Continue;
  }
}
