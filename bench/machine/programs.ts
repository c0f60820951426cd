/** Finds programs on PATH and starts, watches and ends the processes of a bench run. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, closeSync, constants, openSync, readFileSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** Path of a program; Debian keeps daemons in sbin, which an unprivileged PATH lacks. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin'];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

/** First line that a program prints with the given flags, on either stream; `unknown` when it will not say. */
export function firstLine(program: string, flags: readonly string[], env: Record<string, string> = {}): string {
  try {
    const out = execFileSync('/bin/sh', ['-c', '"$0" "$@" 2>&1', program, ...flags], {
      encoding: 'utf8',
      timeout: 20_000,
      env: { ...process.env, ...env },
    });
    return (
      out
        .split('\n')
        .map((line) => line.trim())
        .find((line) => line !== '') ?? 'unknown'
    );
  } catch {
    return 'unknown';
  }
}

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));

export interface Running {
  readonly pid: number;
  readonly child: ChildProcess;
  /** Ends it: SIGTERM, and SIGKILL when it has not gone after five seconds. */
  stop(): Promise<void>;
  /** Throws with the tail of the log when the process has ended by itself. */
  assertAlive(): void;
}

/** Starts a long-lived process, its output going to `logFile`. The process is ended with the bench. */
export function start(command: readonly string[], logFile: string, env: Record<string, string> = {}): Running {
  const [program, ...args] = command;
  if (program === undefined) throw new Error('empty command');
  const log = openSync(logFile, 'a');
  const child = spawn(program, args, { stdio: ['ignore', log, log], env: { ...process.env, ...env } });
  closeSync(log);
  const pid = child.pid;
  if (pid === undefined) throw new Error(`cannot start ${command.join(' ')}`);
  running.add(child);
  const exited = once(child, 'exit').then(() => running.delete(child));
  return {
    pid,
    child,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      const killer = setTimeout(() => child.kill('SIGKILL'), 5_000);
      await exited;
      clearTimeout(killer);
    },
    assertAlive() {
      if (child.exitCode === null && child.signalCode === null) return;
      const lines = readFileSync(logFile, 'utf8').trimEnd().split('\n');
      // Without the frames of a stack: the message tells, and the log is gone with the scratch folder.
      const tail = lines
        .filter((line) => !line.startsWith('    at '))
        .slice(-15)
        .join('\n');
      throw new Error(
        `${command.join(' ')}\nended with ${child.exitCode ?? child.signalCode}; its last words:\n${tail}`,
      );
    },
  };
}

/** Runs a short-lived process to its end and returns what it printed; throws when it fails. */
export async function run(command: readonly string[], onLine?: (line: string) => void): Promise<string> {
  const [program, ...args] = command;
  if (program === undefined) throw new Error('empty command');
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  let out = '';
  let partial = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    out += chunk;
    if (onLine === undefined) return;
    const lines = (partial + chunk).split('\n');
    partial = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    errors += chunk;
  });
  await once(child, 'close');
  running.delete(child);
  if (child.exitCode !== 0) throw new Error(`${command.join(' ')}\nfailed (${child.exitCode}): ${errors || out}`);
  return out;
}
