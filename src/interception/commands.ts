// Owns the programs of the system that interception needs (iptables, nft, ip): how they are started, in which network
// namespace, and what their failures mean in plain words.
import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where commands run. */
export interface CommandPlace {
  /** Empty: in ours. */
  readonly networkNamespace: string;
  /** The lock of iptables is this namespace's file instead of the node's. */
  readonly ownLock: boolean;
}

/** Something the user can put right; the message says what and how. */
export class InterceptionError extends Error {
  override readonly name = 'InterceptionError';
}

/** Runs one command to its end. */
export type RunCommand = (program: string, args: readonly string[], input?: string) => Promise<CommandResult>;

export function commandRunner(place: CommandPlace): RunCommand {
  const { networkNamespace: namespace } = place;
  const env = { ...process.env, PATH: searchPath(), LC_ALL: 'C' };
  if (namespace !== '' && place.ownLock) Object.assign(env, { XTABLES_LOCKFILE: namespace });
  return (program, args, input = '') =>
    new Promise((resolve, reject) => {
      const [file, words] =
        namespace === '' ? [program, args] : ['nsenter', [`--net=${namespace}`, '--', program, ...args]];
      const child = spawn(file, words, { env, stdio: 'pipe' });
      let stdout = '';
      let stderr = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        stdout += text;
      });
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        stderr += text;
      });
      child.on('error', (error: NodeJS.ErrnoException) => reject(notStarted(file, error)));
      child.on('close', (code) => resolve({ code: code ?? 1, stdout, stderr }));
      // A program that fails at once leaves the pipe behind; its exit code says so.
      child.stdin.on('error', () => {});
      child.stdin.end(input);
    });
}

/** System programs are not on everybody's PATH. */
function searchPath(): string {
  return [process.env['PATH'] ?? '', '/usr/sbin', '/sbin', '/usr/local/sbin'].join(delimiter);
}

export function programExists(program: string): boolean {
  return searchPath()
    .split(delimiter)
    .some((folder) => {
      try {
        accessSync(join(folder || '.', program), constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

const PACKAGES: Readonly<Record<string, string>> = { ip: 'iproute2', nsenter: 'util-linux', nft: 'nftables' };

function notStarted(program: string, error: NodeJS.ErrnoException): InterceptionError {
  if (error.code !== 'ENOENT') return new InterceptionError(`'${program}' cannot be started: ${error.message}`);
  const name = PACKAGES[program] ?? 'iptables';
  return new InterceptionError(`'${program}' is not installed here (package ${name})`);
}

/** Words for a command that failed, with its likely cause. */
export function failure(what: string, program: string, { code, stderr }: CommandResult): InterceptionError {
  const said = stderr.trim();
  let cause = '';
  if (/permission denied|not permitted|you must be root/i.test(said)) {
    cause = `: this needs root with the capabilities NET_ADMIN and NET_RAW (user ${process.getuid?.()} has not); in Kubernetes, in the securityContext of the init container`;
  } else if (
    /can't initialize|table .* does not exist|no chain\/target\/match|not supported|No such file or directory/i.test(
      said,
    )
  ) {
    cause = ': the kernel lacks a module that is needed, or another iptables (legacy, nft) is in use';
  } else if (/another app is currently holding the xtables lock|resource temporarily unavailable/i.test(said)) {
    cause = ': another program holds the lock of iptables';
  }
  return new InterceptionError(`${what} failed${cause}\n  ${program} ended with ${code}: ${said || 'it said nothing'}`);
}
