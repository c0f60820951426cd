// Owns what may be asked of the runtime (layered_runtime): values by key that an operator changes while the process runs.
// https://www.envoyproxy.io/docs/envoy/latest/configuration/operations/runtime

/** `numerator` of `denominator` requests. */
export interface RuntimeShare {
  readonly numerator: number;
  readonly denominator: number;
}

export interface Runtime {
  /** Counts changes: whoever keeps what it read compares it, instead of asking by key for each request. */
  readonly version: number;
  /** The default where the key is not set or holds no number. */
  number(key: string, defaultValue: number): number;
  /** The default where the key is not set or holds no boolean. */
  boolean(key: string, defaultValue: boolean): boolean;
  /** A fraction, or a whole number read as so many of a hundred; undefined where the key holds neither. */
  share(key: string): RuntimeShare | undefined;
}
