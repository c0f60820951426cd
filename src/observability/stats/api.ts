// What units use of the statistics: numbers by Envoy's names. Values live in typed-array slots (DESIGN 3.6), so that a
// counter on the request path is one addition.

export interface Counter {
  readonly name: string;
  readonly value: number;
  /** Something was ever added: `usedonly` shows it. */
  readonly used: boolean;
  inc(): void;
  add(amount: number): void;
}

export interface Gauge {
  readonly name: string;
  readonly value: number;
  readonly used: boolean;
  inc(): void;
  dec(): void;
  add(amount: number): void;
  sub(amount: number): void;
  set(value: number): void;
}

export type HistogramUnit = 'milliseconds' | 'microseconds' | 'bytes' | 'percent' | 'unspecified';

export interface Histogram {
  readonly name: string;
  readonly unit: HistogramUnit;
  record(value: number): void;
}

/** A prefix under which names are made. Asking twice for a name gives the same object. */
export interface StatsScope {
  readonly prefix: string;
  /** `name` may hold dots; `prefix + name` is the full name. */
  counter(name: string): Counter;
  gauge(name: string): Gauge;
  histogram(name: string, unit: HistogramUnit): Histogram;
  /** Text shown by /stats as `name: "value"`. */
  textReadout(name: string): { readonly name: string; value: string };
  scope(prefix: string): StatsScope;
  /** Drops the scope's statistics once no other scope of the same prefix lives (a cluster or listener went away). */
  close(): void;
}
