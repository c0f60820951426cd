/** Remora: this tree's, the same with trimming, or another checkout's for a before-and-after. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { firstLine } from '../machine/programs.ts';
import { projectRoot } from '../paths.ts';
import type { BenchProxy } from './proxy.ts';

export interface RemoraOptions {
  readonly name?: string;
  readonly root?: string;
  readonly flags?: readonly string[];
  readonly env?: Record<string, string>;
  /** Run from source even where a bundle is there. */
  readonly source?: boolean;
}

const newest = (folder: string): number =>
  Math.max(
    0,
    ...readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs),
  );

/**
 * What ships is the bundle, which starts faster and occupies less than the sources; a bundle older than the sources would
 * measure something else than was asked for.
 */
export function bundleState(root: string): 'fresh' | 'stale' | 'none' {
  const bundle = join(root, 'dist/remora.js');
  if (!existsSync(bundle)) return 'none';
  return statSync(bundle).mtimeMs >= newest(join(root, 'src')) ? 'fresh' : 'stale';
}

/** Bundles this tree where its bundle is missing or old. Says why when that fails; Remora then runs from source. */
export function buildBundle(): void {
  if (bundleState(projectRoot) === 'fresh') return;
  const script = join(projectRoot, 'scripts/build.ts');
  const { status, stderr } = spawnSync(process.execPath, [script], { cwd: projectRoot, encoding: 'utf8' });
  if (status !== 0) process.stderr.write(`no bundle could be built, Remora runs from source:\n${stderr}\n`);
}

/** Undefined where the checkout has no executable. */
export function remora(options: RemoraOptions = {}): BenchProxy | undefined {
  const root = options.root ?? projectRoot;
  const binary = join(root, 'bin/remora');
  if (!existsSync(binary)) return undefined;
  const state = bundleState(root);
  const bundled = state === 'fresh' && options.source !== true;
  const env = { REMORA_DIST: bundled ? '1' : '0', ...options.env };
  const version = firstLine(binary, ['version'], env)
    .replace(/^remora /, '')
    .replace(/ \(from source\)$/, '');
  const kind = bundled ? 'bundle' : state === 'stale' ? 'from source, as dist/ is older' : 'from source';
  return {
    name: options.name ?? 'remora',
    version: `${version} (${kind})`,
    prepare(job, site) {
      const file = `${site.dir}/envoy.yaml`;
      writeFileSync(file, job.envoy(site));
      return {
        command: [binary, 'run', '-c', file, ...(options.flags ?? [])],
        env,
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
