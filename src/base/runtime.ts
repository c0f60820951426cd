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
  /** As `number`, without its fraction; the default also where the number is negative. For limits and counts. */
  integer(key: string, defaultValue: number): number;
  /** The default where the key is not set or holds no boolean. */
  boolean(key: string, defaultValue: boolean): boolean;
  /** A fraction, or a number read as so many of a hundred; undefined where the key holds neither. */
  share(key: string): RuntimeShare | undefined;
}

/** A number of the configuration that a runtime key replaces (RuntimeUInt32, a limit); asked by key once for each change. */
export class RuntimeInteger {
  readonly #runtime: Runtime;
  readonly #key: string;
  readonly #configured: number;
  #version: number;
  #value: number;

  /** An empty key: always the configured one. */
  constructor(configured: number, key: string, runtime: Runtime) {
    this.#configured = configured;
    this.#key = key;
    this.#runtime = runtime;
    this.#version = runtime.version;
    this.#value = key === '' ? configured : runtime.integer(key, configured);
  }

  get value(): number {
    if (this.#version !== this.#runtime.version) {
      this.#version = this.#runtime.version;
      if (this.#key !== '') this.#value = this.#runtime.integer(this.#key, this.#configured);
    }
    return this.#value;
  }
}

/** The same for RuntimeDouble and RuntimePercent. */
export class RuntimeNumber {
  readonly #runtime: Runtime;
  readonly #key: string;
  readonly #configured: number;
  #version: number;
  #value: number;

  constructor(configured: number, key: string, runtime: Runtime) {
    this.#configured = configured;
    this.#key = key;
    this.#runtime = runtime;
    this.#version = runtime.version;
    this.#value = key === '' ? configured : runtime.number(key, configured);
  }

  get value(): number {
    if (this.#version !== this.#runtime.version) {
      this.#version = this.#runtime.version;
      if (this.#key !== '') this.#value = this.#runtime.number(this.#key, this.#configured);
    }
    return this.#value;
  }
}

/** The same for RuntimeFeatureFlag. */
export class RuntimeFlag {
  readonly #runtime: Runtime;
  readonly #key: string;
  readonly #configured: boolean;
  #version: number;
  #value: boolean;

  constructor(configured: boolean, key: string, runtime: Runtime) {
    this.#configured = configured;
    this.#key = key;
    this.#runtime = runtime;
    this.#version = runtime.version;
    this.#value = key === '' ? configured : runtime.boolean(key, configured);
  }

  get value(): boolean {
    if (this.#version !== this.#runtime.version) {
      this.#version = this.#runtime.version;
      if (this.#key !== '') this.#value = this.#runtime.boolean(this.#key, this.#configured);
    }
    return this.#value;
  }
}
