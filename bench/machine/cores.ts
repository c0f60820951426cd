/**
 * Which CPU core runs what: the proxy under test alone on one, load and upstream on the others, so that neither steals the
 * other's time or cache. Pinning is done by `taskset` around the command, since affinity is inherited by every thread.
 */
import { readFileSync } from 'node:fs';
import { findProgram } from './programs.ts';

export interface CorePlan {
  /** Words to put before the command of the proxy under test. */
  readonly proxy: readonly string[];
  /** Words to put before the commands of load tools and upstreams. */
  readonly load: readonly string[];
  /** How it was done, for the report. */
  readonly description: string;
}

/** Expands the kernel's list form, `0-2,5` → [0, 1, 2, 5]. */
export function parseCpuList(list: string): number[] {
  const cpus: number[] = [];
  for (const [, first, last = first] of list.matchAll(/(\d+)(?:-(\d+))?/g)) {
    for (let cpu = Number(first); cpu <= Number(last); cpu++) cpus.push(cpu);
  }
  return cpus;
}

export function planCores(): CorePlan {
  const taskset = findProgram('taskset');
  const allowed = parseCpuList(
    /^Cpus_allowed_list:\s+(\S+)/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1] ?? '',
  );
  const proxyCore = allowed.at(-1);
  if (taskset === undefined || proxyCore === undefined || allowed.length < 2) {
    return { proxy: [], load: [], description: 'not pinned (one core, or no taskset)' };
  }
  const loadCores = allowed.slice(0, -1).join(',');
  return {
    proxy: [taskset, '-c', String(proxyCore)],
    load: [taskset, '-c', loadCores],
    description: `proxy on core ${proxyCore}, load and upstream on core ${loadCores}`,
  };
}
