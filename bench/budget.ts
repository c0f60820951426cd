/**
 * The bounds that Remora promises, each a number that `npm run bench -- --budget` checks. Ratios are to Envoy in the same
 * run, so that they hold on any machine; absolute figures are those that hardly depend on it.
 */
import { type MetricKey, metrics } from './metrics.ts';
import { REFERENCE } from './report/table.ts';
import { figuresOf, type JobOutcome } from './results.ts';

interface Figure {
  readonly job: string;
  readonly case: string;
  readonly proxy: 'remora' | 'remora-trim';
  readonly metric: MetricKey;
}

/** Of a figure that should be low: this times Envoy's, so many units of the metric itself, or this times our own in another job. */
export interface UpperBound extends Figure {
  readonly atMost:
    | { readonly ofEnvoy: number }
    | { readonly absolute: number }
    | { readonly times: number; readonly ofJob: string };
}

/** Of a figure that should be high. */
export interface LowerBound extends Figure {
  readonly atLeast: { readonly ofEnvoy: number };
}

export type Bound = UpperBound | LowerBound;

const MB = 1 << 20;

function routesBound(kind: string, atMost: UpperBound['atMost']): Bound {
  return { job: `h1-routes-${kind}`, case: '32 connections', proxy: 'remora', metric: 'cpuMicroseconds', atMost };
}

export const bounds: readonly Bound[] = [
  { job: 'h1', case: '32 connections', proxy: 'remora', metric: 'cpuMicroseconds', atMost: { ofEnvoy: 0.5 } },
  { job: 'h1', case: '2 connections', proxy: 'remora', metric: 'cpuMicroseconds', atMost: { ofEnvoy: 0.6 } },
  {
    job: 'h1-access-log',
    case: '32 connections',
    proxy: 'remora',
    metric: 'cpuMicroseconds',
    atMost: { ofEnvoy: 0.5 },
  },
  { job: 'h1-access-log', case: '2 connections', proxy: 'remora', metric: 'cpuMicroseconds', atMost: { ofEnvoy: 0.6 } },
  ...[2, 32].map(
    (connections): Bound => ({
      job: 'h1-filters',
      case: `${connections} connections`,
      proxy: 'remora',
      metric: 'cpuMicroseconds',
      atMost: { ofEnvoy: 0.5 },
    }),
  ),
  ...['exact', 'prefix'].flatMap((kind) => [
    routesBound(kind, { ofEnvoy: 0.15 }),
    routesBound(kind, { times: 2, ofJob: 'h1-routes-one' }),
  ]),
  routesBound('regex', { ofEnvoy: 0.5 }),
  { job: 'h1-rate', case: '1,000/s', proxy: 'remora', metric: 'vcpu', atMost: { ofEnvoy: 0.6 } },
  { job: 'h1-rate', case: '1,000/s', proxy: 'remora', metric: 'p99', atMost: { ofEnvoy: 1 } },
  { job: 'h1-rate', case: '1,000/s', proxy: 'remora', metric: 'anonymous', atMost: { absolute: 28 * MB } },
  { job: 'h1-rate', case: '1,000/s', proxy: 'remora-trim', metric: 'rss', atMost: { ofEnvoy: 0.75 } },
  ...['1 connection', '8 connections', '32 connections', '128 connections'].map(
    (connections): Bound => ({
      job: 'l4-small',
      case: connections,
      proxy: 'remora',
      metric: 'cpuMicroseconds',
      atMost: { ofEnvoy: 1.1 },
    }),
  ),
  ...['down', 'up'].map(
    (way): Bound => ({ job: 'l4-bulk', case: way, proxy: 'remora', metric: 'cpuMicroseconds', atMost: { ofEnvoy: 1 } }),
  ),
  ...['h2', 'h2-h1', 'h1-h2', 'grpc-unary', 'grpc-stream'].flatMap((job) =>
    (
      [
        [1, 0.7],
        [8, 0.35],
        [128, 0.35],
      ] as const
    ).map(
      ([count, ofEnvoy]): Bound => ({
        job,
        case: `${count} in flight`,
        proxy: 'remora',
        metric: 'cpuMicroseconds',
        atMost: { ofEnvoy },
      }),
    ),
  ),
  ...['response', 'request'].flatMap((way) =>
    [1, 8, 128].map(
      (count): Bound => ({
        job: 'h2-large',
        case: `${way}, ${count} in flight`,
        proxy: 'remora',
        metric: 'megabytesPerCpuSecond',
        atLeast: { ofEnvoy: 1.2 },
      }),
    ),
  ),
  { job: 'startup', case: 'start', proxy: 'remora', metric: 'anonymous', atMost: { absolute: 20 * MB } },
  { job: 'startup', case: 'start', proxy: 'remora', metric: 'readyMilliseconds', atMost: { absolute: 350 } },
];

/** The jobs that must run for the bounds to be judged. */
export function boundJobs(): string[] {
  return [...new Set(bounds.flatMap((bound) => [bound.job, ...otherJobs(bound)]))];
}

/** Those whose own figure a bound goes by. */
function otherJobs(bound: Bound): string[] {
  return 'atMost' in bound && 'ofJob' in bound.atMost ? [bound.atMost.ofJob] : [];
}

/** Whether a bound is judged by that case. */
export function hasBound(job: string, name: string): boolean {
  return bounds.some((bound) => bound.case === name && (bound.job === job || otherJobs(bound).includes(job)));
}

export interface Verdict {
  readonly bound: Bound;
  readonly verdict: 'pass' | 'fail' | 'not measured';
  /** What was found, in words. */
  readonly found: string;
}

export function judge(bound: Bound, outcomes: readonly JobOutcome[]): Verdict {
  const { label, unit, format } = metrics[bound.metric];
  const outcome = outcomes.find(({ job }) => job === bound.job);
  const ours = outcome && figuresOf(outcome, bound.case, bound.proxy)?.[bound.metric];
  if (ours === undefined)
    return { bound, verdict: 'not measured', found: `no sound figure for ${bound.proxy}: ${label}` };
  if ('atLeast' in bound) return againstEnvoy(bound, outcome, ours, 'at least', bound.atLeast.ofEnvoy);
  if ('absolute' in bound.atMost) {
    const limit = bound.atMost.absolute;
    return {
      bound,
      verdict: ours <= limit ? 'pass' : 'fail',
      found: `${label}: ${format(ours)} ${unit}, at most ${format(limit)}`,
    };
  }
  if ('ofJob' in bound.atMost) {
    const { times, ofJob } = bound.atMost;
    const other = outcomes.find(({ job }) => job === ofJob);
    const base = other && figuresOf(other, bound.case, bound.proxy)?.[bound.metric];
    if (base === undefined) return { bound, verdict: 'not measured', found: `no sound figure for ${ofJob}: ${label}` };
    return {
      bound,
      verdict: ours <= times * base ? 'pass' : 'fail',
      found: `${label}: ${format(ours)} against ${format(base)} ${unit} in ${ofJob}, at most ${times.toFixed(2)} times`,
    };
  }
  return againstEnvoy(bound, outcome, ours, 'at most', bound.atMost.ofEnvoy);
}

function againstEnvoy(
  bound: Bound,
  outcome: JobOutcome | undefined,
  ours: number,
  what: 'at most' | 'at least',
  limit: number,
): Verdict {
  const { label, unit, format } = metrics[bound.metric];
  const reference = outcome && figuresOf(outcome, bound.case, REFERENCE)?.[bound.metric];
  if (reference === undefined) return { bound, verdict: 'not measured', found: `no sound figure for Envoy: ${label}` };
  const found = ours / reference;
  return {
    bound,
    verdict: (what === 'at most' ? found <= limit : found >= limit) ? 'pass' : 'fail',
    found: `${label}: ${format(ours)} against ${format(reference)} ${unit} = ${found.toFixed(2)} × Envoy, ${what} ${limit.toFixed(2)}`,
  };
}

/** A bound that was not measured does not pass. */
export function budgetReport(outcomes: readonly JobOutcome[]): { text: string; passed: boolean } {
  const verdicts = bounds.map((bound) => judge(bound, outcomes));
  const lines = verdicts.map(
    ({ bound, verdict, found }) =>
      `${verdict.toUpperCase().padEnd(12)}  ${bound.job}, ${bound.case}, ${bound.proxy}: ${found}`,
  );
  const passed = verdicts.filter(({ verdict }) => verdict === 'pass').length;
  lines.push(`${passed} of ${verdicts.length} bounds hold`);
  return { text: lines.join('\n'), passed: passed === verdicts.length };
}
