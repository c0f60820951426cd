/** Which proxies take part in a job. */
import { mkdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Job } from '../job.ts';
import { resultsDir } from '../paths.ts';
import { envoy } from './envoy.ts';
import { haproxy } from './haproxy.ts';
import { nghttpx } from './nghttpx.ts';
import { nginx } from './nginx.ts';
import type { BenchProxy } from './proxy.ts';
import { remora, trimmingFlag } from './remora.ts';

export interface Selection {
  /** Names; all that are found when undefined. */
  readonly only?: readonly string[];
  readonly envoy: boolean;
  /** Another checkout of Remora to compare with. */
  readonly against?: string;
  /** Remora from its sources, though a bundle be there. */
  readonly source: boolean;
  /** Only Remora, with V8's sampling profiler. */
  readonly profile: boolean;
}

/** Those that are installed and wanted; Envoy first, as all are compared to it. */
export function findProxies(job: Job, selection: Selection): BenchProxy[] {
  if (selection.profile) return [profiledRemora(job)].filter((proxy) => proxy !== undefined);
  const { source } = selection;
  const found: (BenchProxy | undefined)[] = [selection.envoy ? envoy() : undefined, remora({ source })];
  const flag = job.withTrimming === true ? trimmingFlag() : undefined;
  if (flag !== undefined) found.push(remora({ name: 'remora-trim', flags: [flag], source }));
  if (selection.against !== undefined) found.push(remora({ name: 'remora-before', root: selection.against, source }));
  found.push(nginx(), haproxy(), nghttpx());
  return found.filter(
    (proxy) =>
      proxy !== undefined &&
      (selection.only?.some((name) => proxy.name === name || proxy.name.startsWith(`${name}-`)) ?? true),
  ) as BenchProxy[];
}

/** Where `--profile` leaves the profile of a job. */
export const profileFile = (job: string): string => join(resultsDir, `remora-${job}.cpuprofile`);

/** The profile is written when the process exits, so it covers start and warm-up too: filter by time in the viewer. */
function profiledRemora(job: Job): BenchProxy | undefined {
  mkdirSync(resultsDir, { recursive: true });
  const file = profileFile(job.name);
  rmSync(file, { force: true });
  const profile = ['--cpu-prof', `--cpu-prof-dir=${resultsDir}`, `--cpu-prof-name=${basename(file)}`];
  return remora({
    source: true,
    env: { NODE_OPTIONS: [process.env['NODE_OPTIONS'] ?? '', ...profile].join(' ').trim() },
  });
}
