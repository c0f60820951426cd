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
  readonly samples: readonly number[];
  /** Microseconds since the sample before. */
  readonly timeDeltas: readonly number[];
}

function place(url: string, line: number): string {
  if (!url.startsWith('file:')) return url;
  return `${relative(projectRoot, fileURLToPath(url))}:${line + 1}`;
}

/**
 * Functions by their own time (without what they call), as shares of the work in the last `seconds` before it fell idle
 * for good: starting and compiling come before the measured run.
 */
export function profileSummary(file: string, seconds: number, count = 30): string {
  const profile = JSON.parse(readFileSync(file, 'utf8')) as CpuProfile;
  const names = new Map<number, string>();
  for (const { id, callFrame } of profile.nodes) {
    const { functionName, url, lineNumber } = callFrame;
    names.set(id, `${functionName === '' ? '(anonymous)' : functionName}  ${place(url, lineNumber)}`.trimEnd());
  }
  const own = new Map<string, number>();
  let busy = 0;
  let elapsed = 0;
  for (let at = profile.samples.length - 1; at >= 0 && elapsed < seconds * 1e6; at--) {
    const name = names.get(profile.samples[at] ?? 0) ?? '(unknown)';
    // A sample stands for the time until the next one.
    const time = profile.timeDeltas[at + 1] ?? 0;
    if (busy > 0) elapsed += time;
    if (name === '(idle)') continue;
    if (busy === 0) elapsed = time;
    busy += time;
    own.set(name, (own.get(name) ?? 0) + time);
  }
  const top = [...own].sort((a, b) => b[1] - a[1]).slice(0, count);
  const lines = top.map(([name, time]) => `${((time / busy) * 100).toFixed(1).padStart(6)} %  ${name}`);
  return [
    `own time in ${(busy / 1e6).toFixed(2)} s of work in the last ${seconds} s, ${relative(projectRoot, file)}:`,
    ...lines,
  ].join('\n');
}
