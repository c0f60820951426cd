// Programs that others wrote in Go, built from the module proxy into the cache of node_modules. A machine without Go skips
// their tests by name.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';

/** For tap's `skip`. */
export const withoutGo: string | false = spawnSync('go', ['version']).status === 0 ? false : 'go is not installed';

/** Builds `module/path@version`; the program's path. */
export async function goTool(folder: string, target: string): Promise<string> {
  const bin = resolve('node_modules/.cache', folder);
  const built = spawn('go', ['install', target], { env: { ...process.env, GOBIN: bin, GOFLAGS: '-mod=mod' } });
  const words: string[] = [];
  built.stderr.on('data', (text: Buffer) => words.push(text.toString()));
  const [code] = (await once(built, 'close')) as [number];
  if (code !== 0) throw new Error(`${target} could not be built: ${words.join('')}`);
  return resolve(bin, (target.split('@')[0] ?? '').split('/').pop() ?? '');
}
