// Owns the filter that leaves fixed metadata on every stream.

import {
  type DecoderFilter,
  type DecoderFilterCallbacks,
  FilterDataStatus,
  FilterHeadersStatus,
  FilterTrailersStatus,
} from '../../../../http/filter/api.ts';
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

export class SetMetadataFilter implements DecoderFilter {
  readonly #settings: SetMetadataSettings;
  #callbacks!: DecoderFilterCallbacks;

  constructor(settings: SetMetadataSettings) {
    this.#settings = settings;
  }

  setDecoderCallbacks(callbacks: DecoderFilterCallbacks): void {
    this.#callbacks = callbacks;
  }

  decodeHeaders(): FilterHeadersStatus {
    const { entries } = this.#settings;
    for (let i = 0; i < entries.length; i++) this.#apply(entries[i] as MetadataEntry);
    return FilterHeadersStatus.Continue;
  }

  #apply({ namespace, allowOverwrite, fields, typed }: MetadataEntry): void {
    const { streamInfo } = this.#callbacks;
    if (fields === undefined) {
      streamInfo.typedDynamicMetadata ??= new Map();
      if (!allowOverwrite && streamInfo.typedDynamicMetadata.has(namespace)) this.#settings.overwriteDenied.inc();
      else streamInfo.typedDynamicMetadata.set(namespace, typed);
      return;
    }
    const before = streamInfo.dynamicMetadata?.get(namespace);
    if (before === undefined) streamInfo.setDynamicMetadata(namespace, fields);
    else if (allowOverwrite) streamInfo.setDynamicMetadata(namespace, mergeFields(before, fields));
    else this.#settings.overwriteDenied.inc();
  }

  decodeData(): FilterDataStatus {
    return FilterDataStatus.Continue;
  }

  decodeTrailers(): FilterTrailersStatus {
    return FilterTrailersStatus.Continue;
  }

  onDestroy(): void {}
}
