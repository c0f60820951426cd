// Owns the way to prom-client's registry, which writes families in Prometheus' text format (escaping, numbers, types).
// It is loaded by the first scrape.

export interface MetricValue {
  readonly value: number;
  readonly labels: Readonly<Record<string, string>>;
  /** Where it differs from the family's: `…_bucket`, `…_sum`, `…_count`. */
  readonly metricName?: string;
}

export interface MetricFamily {
  readonly name: string;
  /** Empty: no HELP line, as Envoy writes its statistics. */
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram' | 'summary';
  readonly values: readonly MetricValue[];
}

/** The family as lines, each with its line feed. */
export type FamilyWriter = (family: MetricFamily) => Promise<string>;

export async function loadFamilyWriter(): Promise<FamilyWriter> {
  const { default: Registry } = await import('prom-client/lib/registry.js');
  const registry = new Registry();
  return async (family) => {
    const { name, help, type } = family;
    const text = await registry.getMetricsAsString({ name, help, type, get: async () => family });
    return `${help === '' ? text.slice(text.indexOf('\n') + 1) : text}\n`;
  };
}
