/**
 * Notices that the npm which runs a script has gone: npm that is ended by a signal of its own (SIGTERM to npm alone, or
 * SIGKILL) leaves what it started behind, and nobody tells that.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

const checkEveryMs = 500;

interface ProcessFacts {
  readonly parent: number;
  readonly command: string;
}

/**
 * Calls `gone` once when npm has ended. Without npm (`npm_lifecycle_event`) nothing is watched: whoever starts a script
 * by hand may mean it to stay (nohup).
 */
export function watchNpm(gone: () => void, everyMs = checkEveryMs): void {
  if (process.env['npm_lifecycle_event'] === undefined) return;
  const parent = process.ppid;
  // npm runs scripts through a shell, which may stand in between and lives on for as long as we do.
  const shell = facts(parent);
  const npm = shell !== null && / -c /.test(shell.command) ? shell.parent : null;
  const timer = setInterval(() => {
    if (process.ppid === parent && (npm === null || facts(parent)?.parent === npm)) return;
    clearInterval(timer);
    gone();
  }, everyMs);
  timer.unref();
}

/** Null when there is no such process. */
function facts(pid: number): ProcessFacts | null {
  try {
    if (existsSync('/proc/self/stat')) {
      // The name stands in parentheses and may hold anything, parentheses too.
      const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
      return { parent, command: readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ') };
    }
    const line = execFileSync('ps', ['-o', 'ppid=,args=', '-p', String(pid)], { encoding: 'latin1' }).trim();
    const space = line.indexOf(' ');
    return { parent: Number(line.slice(0, space)), command: line.slice(space) };
  } catch {
    return null;
  }
}
