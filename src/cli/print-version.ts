// Owns the answer of `remora version`.
import { apiVersion } from './server-options.ts';
import { buildInfo } from './version.ts';

export async function printVersion(): Promise<number> {
  const { version, revision } = buildInfo();
  const commit = /^0+$/.test(revision) ? 'from source' : revision.slice(0, 12);
  process.stdout.write(
    `remora ${version} (${commit})\nEnvoy API ${apiVersion(new Map(), process.env)}\nNode ${process.version}\n`,
  );
  return 0;
}
