/** Remora: this tree's, the same with trimming, or another checkout's for a before-and-after. */
import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { firstLine } from '../machine/programs.ts';
import { projectRoot } from '../paths.ts';
import type { BenchProxy } from './proxy.ts';

export interface RemoraOptions {
  readonly name?: string;
  readonly root?: string;
  readonly flags?: readonly string[];
  readonly env?: Record<string, string>;
}

/** Undefined where the checkout has no executable. */
export function remora(options: RemoraOptions = {}): BenchProxy | undefined {
  const binary = join(options.root ?? projectRoot, 'bin/remora');
  if (!existsSync(binary)) return undefined;
  return {
    name: options.name ?? 'remora',
    version: firstLine(binary, ['version']),
    prepare(job, site) {
      const file = `${site.dir}/envoy.yaml`;
      writeFileSync(file, job.envoy(site));
      return {
        command: [binary, 'run', '-c', file, ...(options.flags ?? [])],
        ...(options.env === undefined ? {} : { env: options.env }),
        ready: { port: site.admin, path: '/ready' },
      };
    },
  };
}

/** The flag that turns trimming on (DESIGN 3.4), as `remora run --help` names it. */
export function trimmingFlag(): string | undefined {
  const binary = join(projectRoot, 'bin/remora');
  if (!existsSync(binary)) return undefined;
  try {
    const help = execFileSync(binary, ['run', '--help'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return /--trim[a-z-]*/.exec(help)?.[0];
  } catch {
    return undefined;
  }
}
