/**
 * `npm run build`: the executable as it is shipped, in dist/: bundled, minified and split where the sources import
 * dynamically, so that a start loads the data path and nothing else (DESIGN 3.8). No node_modules at run time.
 * Source maps lie beside it and are not packed. `--outdir` names another folder.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { build, type Plugin } from 'esbuild';
import { addLogSources } from './log-sources.ts';

const root = join(import.meta.dirname, '..');
const { values } = parseArgs({ options: { outdir: { type: 'string', default: join(root, 'dist') } } });
const dist = resolve(values.outdir);

/** Log lines name their source file and line, which a bundle no longer knows: written into the calls here. */
const logSources: Plugin = {
  name: 'log-sources',
  setup({ onLoad }) {
    onLoad({ filter: /\/src\/.*\.ts$/ }, ({ path }) => {
      const source = readFileSync(path, 'utf8');
      return { contents: addLogSources(source, relative(root, path)), loader: 'ts' };
    });
  },
};

function revision(): string {
  const given = process.env['REMORA_REVISION'];
  if (given !== undefined) return given;
  try {
    return execFileSync('git', ['rev-parse', 'HEAD'], { cwd: root, encoding: 'utf8', stdio: 'pipe' }).trim();
  } catch {
    return '0'.repeat(40); // a tarball without git
  }
}

const manifest: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const version = typeof manifest === 'object' && manifest !== null && 'version' in manifest ? manifest.version : '0';

rmSync(dist, { recursive: true, force: true });
const result = await build({
  absWorkingDir: root,
  entryPoints: ['src/cli/remora.ts', 'src/cli/envoy.ts', 'src/cli/remora-iptables.ts'],
  outdir: dist,
  bundle: true,
  splitting: true,
  minify: true,
  format: 'esm',
  platform: 'node',
  target: 'node26',
  sourcemap: 'external',
  chunkNames: 'chunks/[name]-[hash]',
  legalComments: 'linked',
  define: { REMORA_BUILD: JSON.stringify({ version, revision: revision() }) },
  // CommonJS packages (prom-client) call require for Node's own modules.
  banner: {
    js: "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);",
  },
  plugins: [logSources],
  metafile: true,
  logLevel: 'warning',
});

let total = 0;
for (const path of Object.keys(result.metafile.outputs)) {
  if (path.endsWith('.js')) total += statSync(join(root, path)).size;
}
process.stdout.write(`${relative(root, dist)}/: ${(total / 1024).toFixed(0)} KB of code\n`);
