// What one configuration of the filter, in the chain or of a route, has the filter do.
import type { Runtime, RuntimeShare } from '../../../../base/runtime.ts';
import type { NameInfo, RequestHeaders } from '../../../../http/headers/api.ts';
import type { HeaderMatcher } from '../../../../matchers/api.ts';

/** A share of the requests that the request itself may make smaller, and the runtime may replace. */
export class FaultShare {
  readonly #numerator: number;
  readonly #denominator: number;
  readonly #header: NameInfo | null;
  readonly #key: string;
  readonly #runtime: Runtime;
  /** What the runtime says of `#key`, asked once for each change. */
  #live: RuntimeShare | undefined;
  #version = -1;

  constructor(
    configured: { readonly numerator: number; readonly denominator: number },
    header: NameInfo | null,
    key: string,
    runtime: Runtime,
  ) {
    this.#numerator = configured.numerator;
    this.#denominator = configured.denominator;
    this.#header = header;
    this.#key = key;
    this.#runtime = runtime;
  }

  /** `serviceKey`: the calling service's own key, which is asked instead; '' for none. */
  includes(random: number, headers: RequestHeaders, serviceKey: string): boolean {
    const share = serviceKey === '' ? this.#liveShare() : this.#runtime.share(serviceKey);
    if (share !== undefined) return random % share.denominator < share.numerator;
    return random % this.#denominator < this.#limit(headers);
  }

  #liveShare(): RuntimeShare | undefined {
    const { version } = this.#runtime;
    if (version !== this.#version) {
      this.#version = version;
      this.#live = this.#runtime.share(this.#key);
    }
    return this.#live;
  }

  #limit(headers: RequestHeaders): number {
    const text = this.#header === null ? undefined : headers.get(this.#header);
    const asked = text === undefined ? -1 : parseUnsigned(text);
    return asked < 0 ? this.#numerator : Math.min(asked, this.#numerator);
  }
}

export interface FaultDelay {
  readonly share: FaultShare;
  /** Milliseconds; null: the request says. */
  readonly fixedMs: number | null;
  readonly durationKey: string;
}

export interface FaultAbort {
  readonly share: FaultShare;
  /** Neither status: the request says. */
  readonly httpStatus: number | null;
  readonly grpcStatus: number | null;
  readonly httpStatusKey: string;
  readonly grpcStatusKey: string;
  readonly body: string;
}

export interface FaultRateLimit {
  readonly share: FaultShare;
  /** KiB a second; null: the request says. */
  readonly kbps: number | null;
}

export interface FaultSettings {
  readonly delay: FaultDelay | null;
  readonly abort: FaultAbort | null;
  readonly rateLimit: FaultRateLimit | null;
  /** Only requests to this cluster; '' for any. */
  readonly upstreamCluster: string;
  readonly headers: readonly HeaderMatcher[];
  /** Null for any. */
  readonly downstreamNodes: ReadonlySet<string> | null;
  readonly maxActiveFaults: number;
  readonly maxActiveFaultsKey: string;
  readonly downstreamClusterStats: boolean;
  readonly metadata: Record<string, unknown>;
  readonly runtime: Runtime;
}

/** A whole number in decimal digits, as Envoy with or without a plus sign; -1 for anything else. */
export function parseUnsigned(text: string): number {
  const start = text.startsWith('+') ? 1 : 0;
  if (text.length === start || text.length > 15) return -1;
  let value = 0;
  for (let i = start; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}
