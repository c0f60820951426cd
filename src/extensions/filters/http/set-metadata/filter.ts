// Owns the filter that leaves fixed metadata on every stream.

import { FilterHeadersStatus, PassThroughDecoder, type StreamInfo } from '../../../../http/filter/api.ts';
import type { Counter } from '../../../../observability/stats/api.ts';
import { mergeFields } from './merge.ts';

/** Plain fields, or a message of its own type. */
export interface MetadataEntry {
  readonly namespace: string;
  /** May add to a namespace that is there already. */
  readonly allowOverwrite: boolean;
  readonly fields?: Readonly<Record<string, unknown>>;
  readonly typed?: unknown;
}

export interface SetMetadataSettings {
  readonly entries: readonly MetadataEntry[];
  readonly overwriteDenied: Counter;
}

export class SetMetadataFilter extends PassThroughDecoder {
  readonly #settings: SetMetadataSettings;

  constructor(settings: SetMetadataSettings) {
    super();
    this.#settings = settings;
  }

  override decodeHeaders(): FilterHeadersStatus {
    const { streamInfo } = this.decoder;
    applyEntries(this.#settings, streamInfo);
    const route = this.decoder.perRouteConfig() as SetMetadataSettings | undefined;
    if (route !== undefined) applyEntries(route, streamInfo);
    return FilterHeadersStatus.Continue;
  }
}

function applyEntries({ entries, overwriteDenied }: SetMetadataSettings, streamInfo: StreamInfo): void {
  for (let i = 0; i < entries.length; i++) {
    if (!applyEntry(entries[i] as MetadataEntry, streamInfo)) overwriteDenied.inc();
  }
}

/** False where the namespace is there and may not be added to. */
function applyEntry({ namespace, allowOverwrite, fields, typed }: MetadataEntry, streamInfo: StreamInfo): boolean {
  if (fields === undefined) {
    streamInfo.typedDynamicMetadata ??= new Map();
    if (!allowOverwrite && streamInfo.typedDynamicMetadata.has(namespace)) return false;
    streamInfo.typedDynamicMetadata.set(namespace, typed);
    return true;
  }
  const before = streamInfo.dynamicMetadata?.get(namespace);
  if (before !== undefined && !allowOverwrite) return false;
  streamInfo.setDynamicMetadata(namespace, before === undefined ? fields : mergeFields(before, fields));
  return true;
}
