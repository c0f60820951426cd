/** The outcome of a job as it is kept in `results/JOB.json`, read back for charts, documents and budgets. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Job } from './job.ts';
import type { Figures } from './metrics.ts';
import { resultsDir } from './paths.ts';

export interface ProxyOutcome {
  readonly name: string;
  /** The best of the runs (`combine`). */
  readonly figures: Figures;
  readonly runs: readonly Figures[];
  /** Requests that failed, over all runs; figures with failures are void. */
  readonly errors: number;
}

export interface CaseOutcome {
  readonly name: string;
  readonly proxies: readonly ProxyOutcome[];
}

export interface JobOutcome {
  readonly job: string;
  readonly title: string;
  readonly description: string;
  readonly headline: Job['headline'];
  /** ISO 8601, UTC. */
  readonly date: string;
  readonly machine: {
    readonly cpu: string;
    readonly cores: string;
    readonly kernel: string;
    readonly driver: string;
    readonly upstream: string;
  };
  readonly settings: { readonly seconds: number; readonly runs: number };
  /** Version of each proxy measured. */
  readonly versions: Readonly<Record<string, string>>;
  /** Proxies that could not do the job, with the reason. */
  readonly failed: Readonly<Record<string, string>>;
  readonly cases: readonly CaseOutcome[];
}

/** How many runs of what length the figures come from. */
export function timing({ headline, settings: { runs, seconds } }: JobOutcome): string {
  return headline === 'readyMilliseconds' ? `best of ${runs} starts` : `best of ${runs} runs of ${seconds} s`;
}

const fileOf = (job: string): string => join(resultsDir, `${job}.json`);

export function save(outcome: JobOutcome): void {
  mkdirSync(resultsDir, { recursive: true });
  writeFileSync(fileOf(outcome.job), `${JSON.stringify(outcome, null, 2)}\n`);
}

/** Undefined when the job has not been run here. */
export function load(job: string): JobOutcome | undefined {
  return existsSync(fileOf(job)) ? (JSON.parse(readFileSync(fileOf(job), 'utf8')) as JobOutcome) : undefined;
}

export function figuresOf(outcome: JobOutcome, caseName: string, proxy: string): Figures | undefined {
  const found = outcome.cases.find(({ name }) => name === caseName)?.proxies.find(({ name }) => name === proxy);
  return found === undefined || found.errors > 0 ? undefined : found.figures;
}
