// prom-client ships declarations for its index only, and the index loads what we do not use (6.2 MB against 0.6).
declare module 'prom-client/lib/registry.js' {
  interface RegistryMetric {
    readonly name: string;
    readonly help: string;
    readonly type: string;
    get(): Promise<unknown>;
  }
  export default class Registry {
    /** The family in the text exposition format, from what `get` answers. */
    getMetricsAsString(metric: RegistryMetric): Promise<string>;
  }
}
