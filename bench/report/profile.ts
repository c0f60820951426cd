/** A V8 CPU profile in a few lines: where the time itself went, so that a look at the file is needed for the callers only. */
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { projectRoot } from '../paths.ts';

/** The parts of the `.cpuprofile` format used here: nodes of the call tree, and the node met by each sample. */
interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  /** Microseconds of the monotonic clock. */
  readonly startTime: number;
  readonly samples: readonly number[];
  /** Microseconds since the sample before. */
  readonly timeDeltas: readonly number[];
}

function place(url: string, line: number): string {
  if (!url.startsWith('file:')) return url;
  return `${relative(projectRoot, fileURLToPath(url))}:${line + 1}`;
}

/** Microseconds of the monotonic clock, which V8 stamps its samples with. */
export interface TimeSpan {
  readonly from: number;
  readonly to: number;
}

export const monotonicMicroseconds = (): number => Number(process.hrtime.bigint() / 1_000n);

/** Functions by their own time (without what they call) within `span`, as shares of the time that was not idle. */
export function profileSummary(file: string, span: TimeSpan, count = 30): string {
  const profile = JSON.parse(readFileSync(file, 'utf8')) as CpuProfile;
  const names = new Map<number, string>();
  for (const { id, callFrame } of profile.nodes) {
    const { functionName, url, lineNumber } = callFrame;
    names.set(id, `${functionName === '' ? '(anonymous)' : functionName}  ${place(url, lineNumber)}`.trimEnd());
  }
  const own = new Map<string, number>();
  let busy = 0;
  let now = profile.startTime;
  profile.samples.forEach((id, at) => {
    now += profile.timeDeltas[at] ?? 0;
    const name = names.get(id) ?? '(unknown)';
    if (now < span.from || now > span.to || name === '(idle)') return;
    // A sample stands for the time until the next one.
    const time = profile.timeDeltas[at + 1] ?? 0;
    busy += time;
    own.set(name, (own.get(name) ?? 0) + time);
  });
  const top = [...own].sort((a, b) => b[1] - a[1]).slice(0, count);
  const lines = top.map(([name, time]) => `${((time / busy) * 100).toFixed(1).padStart(6)} %  ${name}`);
  const seconds = ((span.to - span.from) / 1e6).toFixed(1);
  return [
    `own time in ${(busy / 1e6).toFixed(2)} s of work within ${seconds} s, ${relative(projectRoot, file)}:`,
    ...lines,
  ].join('\n');
}
