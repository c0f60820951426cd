/** Owns where the entries of a plain text stand. */
import type { SourceValue } from './value.ts';

/** Where an entry stands: offsets of key and value, and whether the value is a collection in block style. */
export type Place = { readonly key: number; readonly value: number; readonly block: boolean };

export type PlainYaml = {
  readonly value: SourceValue;
  /** Of the entries of each mapping (by key) and list (by index); only when asked for. */
  readonly places: Places | undefined;
  /** Offset of the whole. */
  readonly start: number;
};

export type Places = Map<object, Map<string | number, Place>>;
