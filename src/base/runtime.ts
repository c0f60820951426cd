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

/** A value of the configuration that a runtime key replaces; asked by key once for each change. */
abstract class RuntimeValue<Value> {
  readonly #runtime: Runtime;
  readonly #key: string;
  readonly #configured: Value;
  #version = -1;
  #value: Value;

  /** An empty key: always the configured one. */
  constructor(configured: Value, key: string, runtime: Runtime) {
    this.#configured = configured;
    this.#key = key;
    this.#runtime = runtime;
    this.#value = configured;
  }

  get value(): Value {
    if (this.#version !== this.#runtime.version) {
      this.#version = this.#runtime.version;
      if (this.#key !== '') this.#value = this.read(this.#runtime, this.#key, this.#configured);
    }
    return this.#value;
  }

  protected abstract read(runtime: Runtime, key: string, configured: Value): Value;
}

/** RuntimeUInt32, a limit. */
export class RuntimeInteger extends RuntimeValue<number> {
  protected override read(runtime: Runtime, key: string, configured: number): number {
    return runtime.integer(key, configured);
  }
}

/** RuntimeDouble and RuntimePercent. */
export class RuntimeNumber extends RuntimeValue<number> {
  protected override read(runtime: Runtime, key: string, configured: number): number {
    return runtime.number(key, configured);
  }
}

/** RuntimeFeatureFlag. */
export class RuntimeFlag extends RuntimeValue<boolean> {
  protected override read(runtime: Runtime, key: string, configured: boolean): boolean {
    return runtime.boolean(key, configured);
  }
}
