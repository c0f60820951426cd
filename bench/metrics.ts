/** The figures a run yields: how each is named, printed, compared, and taken from several runs. */

export type MetricKey =
  | 'cpuMicroseconds'
  | 'vcpu'
  | 'megabytesPerCpuSecond'
  | 'requestsPerSecond'
  | 'p50'
  | 'p99'
  | 'lateness'
  | 'readyMilliseconds'
  | 'startCpuMilliseconds'
  | 'rss'
  | 'anonymous';

export type Figures = Partial<Record<MetricKey, number>>;

export interface Metric {
  readonly label: string;
  /** Follows the number in a sentence; empty for ratios. */
  readonly unit: string;
  readonly better: 'lower' | 'higher';
  /** Which of several runs counts: noise only ever adds to time; memory is where it has come to in the last. */
  readonly keep: 'min' | 'max' | 'last';
  format(value: number): string;
}

const fixed =
  (digits: number) =>
  (value: number): string =>
    value.toFixed(digits);
const grouped = (value: number): string => Math.round(value).toLocaleString('en-US');
const megabytes = (value: number): string => (value / (1 << 20)).toFixed(1);
const milliseconds = (value: number): string => (value / 1_000).toFixed(2);

export const metrics: Readonly<Record<MetricKey, Metric>> = {
  cpuMicroseconds: { label: 'CPU µs/request', unit: 'µs', better: 'lower', keep: 'min', format: fixed(1) },
  vcpu: { label: 'vCPU', unit: 'vCPU', better: 'lower', keep: 'min', format: fixed(3) },
  megabytesPerCpuSecond: { label: 'MB/CPU s', unit: 'MB/CPU s', better: 'higher', keep: 'max', format: grouped },
  requestsPerSecond: { label: 'requests/s', unit: '/s', better: 'higher', keep: 'max', format: grouped },
  p50: { label: 'p50 ms', unit: 'ms', better: 'lower', keep: 'min', format: milliseconds },
  p99: { label: 'p99 ms', unit: 'ms', better: 'lower', keep: 'min', format: milliseconds },
  // The load client's own timers: a p99 of latency means little where these are late by as much.
  lateness: { label: 'client late p99', unit: 'ms', better: 'lower', keep: 'min', format: milliseconds },
  readyMilliseconds: { label: 'ready ms', unit: 'ms', better: 'lower', keep: 'min', format: fixed(0) },
  startCpuMilliseconds: { label: 'CPU ms to ready', unit: 'ms', better: 'lower', keep: 'min', format: fixed(0) },
  rss: { label: 'RSS MB', unit: 'MB', better: 'lower', keep: 'last', format: megabytes },
  anonymous: { label: 'anonymous MB', unit: 'MB', better: 'lower', keep: 'last', format: megabytes },
};

export const metricKeys = Object.keys(metrics) as MetricKey[];

/**
 * One set of figures from several runs. Of runs at a constant rate the one whose client was most punctual counts as a whole:
 * a late client sends in bursts, which lengthen latency and make each request cheaper.
 */
export function combine(runs: readonly Figures[]): Figures {
  const [first, ...others] = runs;
  if (first?.lateness !== undefined) {
    return others.reduce((best, run) => ((run.lateness ?? Infinity) < (best.lateness ?? Infinity) ? run : best), first);
  }
  const combined: Figures = {};
  for (const key of metricKeys) {
    const values = runs.map((run) => run[key]).filter((value) => value !== undefined);
    const last = values.at(-1);
    if (last === undefined) continue;
    const { keep } = metrics[key];
    combined[key] = keep === 'last' ? last : Math[keep](...values);
  }
  return combined;
}
