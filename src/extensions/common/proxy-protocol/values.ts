// Owns the values of a PROXY header that a configuration adds: as they stand, and from formats.
import type { ProxyProtocolTlv } from '../../../network/api.ts';
import { contextWithoutResponse, type Formatter } from '../../../observability/access-log/api.ts';
import type { StreamInfo } from '../../../observability/api.ts';

export interface FormattedValue {
  readonly type: number;
  readonly format: Formatter;
}

export class ProxyValues {
  readonly fixed: readonly ProxyProtocolTlv[];
  readonly #formatted: readonly FormattedValue[];

  constructor(fixed: readonly ProxyProtocolTlv[], formatted: readonly FormattedValue[]) {
    this.fixed = fixed;
    this.#formatted = formatted;
  }

  get isEmpty(): boolean {
    return this.fixed.length + this.#formatted.length === 0;
  }

  get hasFormats(): boolean {
    return this.#formatted.length > 0;
  }

  /** As in Envoy those that stand come first. */
  of(streamInfo: StreamInfo): readonly ProxyProtocolTlv[] {
    if (this.#formatted.length === 0) return this.fixed;
    const context = contextWithoutResponse(streamInfo);
    const made = this.#formatted.map(({ type, format }) => ({
      type,
      value: Buffer.from(format.format(context), 'latin1'),
    }));
    return [...this.fixed, ...made];
  }
}
