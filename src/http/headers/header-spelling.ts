// Owns how one message spelled its field names (envoy.http.stateful_header_formatters.preserve_case): a header map that has
// it is written the same way again, whatever the connection's own format.
import type { NameInfo } from './name.ts';

/** What is kept, and how names look that the message did not have. */
export interface PreserveCaseSettings {
  /** The upstream's reason phrase is kept as well. */
  readonly reasonPhrase: boolean;
  /** Names added on the way are written in proper case. */
  readonly properElse: boolean;
}

export class HeaderSpelling {
  /** Empty: the usual one of the status. */
  reasonPhrase = '';
  readonly #properElse: boolean;
  /** By the name in lower case, as names that peers send need not be interned; the first spelling counts. */
  readonly #wires = new Map<string, string>();

  constructor(properElse: boolean) {
    this.#properElse = properElse;
  }

  remember(name: NameInfo, spelling: string): void {
    if (!this.#wires.has(name.name)) this.#wires.set(name.name, `${spelling}: `);
  }

  /** `Name: `. */
  wire(name: NameInfo): string {
    return this.#wires.get(name.name) ?? (this.#properElse ? name.properWire : name.wire);
  }
}

/** `name: ` as the message spells it, else as the connection does. */
export function wireName(name: NameInfo, spelling: HeaderSpelling | null, proper: boolean): string {
  if (spelling !== null) return spelling.wire(name);
  return proper ? name.properWire : name.wire;
}
