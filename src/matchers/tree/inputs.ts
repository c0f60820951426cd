// Owns the values that matcher trees look at.
import type { NameInfo } from '../../http/headers/name.ts';
import type { DataInput, MatchData } from './match-tree.ts';

/** All values of a request header, joined with commas as Envoy does. */
export class RequestHeaderInput implements DataInput {
  readonly #name: NameInfo;
  constructor(name: NameInfo) {
    this.#name = name;
  }
  value({ headers }: MatchData): string | undefined {
    return headers.getJoined(this.#name);
  }
}

export class FilterStateInput implements DataInput {
  readonly #key: string;
  constructor(key: string) {
    this.#key = key;
  }
  value({ streamInfo }: MatchData): string | undefined {
    return streamInfo.filterState?.get(this.#key)?.text;
  }
}
