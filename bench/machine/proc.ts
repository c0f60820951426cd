/**
 * Readings of a process from /proc: CPU time and memory, summed over the process and its descendants.
 *
 * CPU comes from the scheduler's own nanoseconds (`task/TID/schedstat`), not from sampling, so a noisy neighbour makes a
 * run slower but not dearer. Memory comes from `smaps_rollup`: `Anonymous` is what the process alone occupies, `Rss` also
 * counts clean program text that other processes share.
 */
import { readdirSync, readFileSync } from 'node:fs';

/** CPU time since the process started, in seconds. `user` and `system` have the resolution of a clock tick (10 ms). */
export interface CpuReading {
  readonly total: number;
  readonly user: number;
  readonly system: number;
}

/** In bytes. */
export interface MemoryReading {
  readonly rss: number;
  readonly anonymous: number;
}

/** USER_HZ: fixed at 100 in the kernel's interface to user space on every architecture Node runs on. */
const TICKS_PER_SECOND = 100;

/** A file of /proc, or undefined when the process or thread has ended between the listing and the read. */
function readProc(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}

/** Fields of `/proc/PID/stat` after the parenthesised command name, which may itself hold blanks and parentheses. */
export function parseStat(text: string): { parent: number; user: number; system: number } {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return {
    parent: Number(fields[1]),
    user: Number(fields[11]) / TICKS_PER_SECOND,
    system: Number(fields[12]) / TICKS_PER_SECOND,
  };
}

/** Seconds on a CPU, the first number of a `schedstat` file (nanoseconds). */
export function parseSchedstat(text: string): number {
  return Number(text.split(' ', 1)[0]) / 1e9;
}

/** Sums of `Rss:` and `Anonymous:` of one `smaps_rollup` file. */
export function parseSmapsRollup(text: string): MemoryReading {
  const kilobytes = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0);
  return { rss: kilobytes('Rss') * 1024, anonymous: kilobytes('Anonymous') * 1024 };
}

/** The process and all its living descendants. */
export function processTree(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const stat = readProc(`/proc/${entry}/stat`);
    if (stat === undefined) continue;
    const { parent } = parseStat(stat);
    const siblings = children.get(parent);
    if (siblings === undefined) children.set(parent, [Number(entry)]);
    else siblings.push(Number(entry));
  }
  const tree = [root];
  for (let at = 0; at < tree.length; at++) {
    for (const child of children.get(tree[at] ?? -1) ?? []) tree.push(child);
  }
  return tree;
}

function threads(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

/**
 * CPU time of the tree under `root`. A thread that ends between two readings takes its time along; the proxies measured
 * here keep theirs. Where the kernel has no schedstat, the ticks of `stat` stand in.
 */
export function readCpu(root: number): CpuReading {
  let nanoseconds = 0;
  let user = 0;
  let system = 0;
  for (const pid of processTree(root)) {
    const stat = readProc(`/proc/${pid}/stat`);
    if (stat === undefined) continue;
    const parsed = parseStat(stat);
    user += parsed.user;
    system += parsed.system;
    for (const tid of threads(pid)) {
      const schedstat = readProc(`/proc/${pid}/task/${tid}/schedstat`);
      if (schedstat !== undefined) nanoseconds += parseSchedstat(schedstat);
    }
  }
  return { total: nanoseconds > 0 ? nanoseconds : user + system, user, system };
}

/** Memory of the tree under `root`. Reading walks page tables: keep it outside of a measured window. */
export function readMemory(root: number): MemoryReading {
  let rss = 0;
  let anonymous = 0;
  for (const pid of processTree(root)) {
    const rollup = readProc(`/proc/${pid}/smaps_rollup`);
    if (rollup === undefined) continue;
    const parsed = parseSmapsRollup(rollup);
    rss += parsed.rss;
    anonymous += parsed.anonymous;
  }
  return { rss, anonymous };
}
