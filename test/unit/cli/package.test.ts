// The npm package as a user gets it: packed, unpacked where npm would put it, started through npm's link. No network: the
// pinned Node is lent from this checkout, everything else must be in the package.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';

const root = join(import.meta.dirname, '../../..');
const runtime = `node-linux-${process.arch === 'arm64' ? 'arm64' : 'x64'}`;

function run(command: string, args: string[], cwd: string): { code: number | null; out: string; err: string } {
  // Without the folders of this checkout on PATH, and away from any Node 26 of the machine.
  const env = { PATH: '/usr/bin:/bin', HOME: cwd };
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, env, encoding: 'utf8', timeout: 60_000 });
  return { code: status, out: stdout, err: stderr };
}

t.test('pack, unpack, run', (t) => {
  const folder = t.testdir({ source: {}, project: { node_modules: { '.bin': {} } } });
  const source = join(folder, 'source');
  for (const name of [
    'package.json',
    'bin',
    'config-schema',
    'examples',
    'LICENSE',
    'NOTICE',
    'README.md',
    'docs',
    'src/cli',
  ]) {
    cpSync(join(root, name), join(source, name), { recursive: true });
  }
  const built = spawnSync(process.execPath, [join(root, 'scripts/build.ts'), '--outdir', join(source, 'dist')], {
    encoding: 'utf8',
  });
  t.equal(built.status, 0, built.stderr);
  const packed = spawnSync('npm', ['pack', '--ignore-scripts', '--offline', '--silent'], {
    cwd: source,
    encoding: 'utf8',
  });
  t.equal(packed.status, 0, packed.stderr);

  const installed = join(folder, 'project/node_modules/remora');
  mkdirSync(installed);
  run('tar', ['-xzf', join(source, packed.stdout.trim()), '--strip-components=1', '-C', installed], folder);
  for (const name of ['remora', 'envoy', 'remora-iptables'])
    symlinkSync(`../remora/bin/${name}`, join(folder, 'project/node_modules/.bin', name));
  symlinkSync(join(root, 'node_modules', runtime), join(folder, 'project/node_modules', runtime));

  const files = readdirSync(installed, { recursive: true, encoding: 'utf8' });
  t.notOk(
    files.some((name) => name.endsWith('.map') || name.startsWith('src')),
    'no source maps, no sources',
  );
  for (const name of [
    'dist/remora.js',
    'dist/envoy.js',
    'dist/remora-iptables.js',
    'bin/launch.sh',
    'examples/demo.yaml',
    'LICENSE',
    'NOTICE',
  ]) {
    t.ok(files.includes(name), name);
  }

  const project = join(folder, 'project');
  const remora = join(project, 'node_modules/.bin/remora');
  t.match(run(remora, ['version'], project), { code: 0, out: /^remora \d/ });
  t.match(run(join(project, 'node_modules/.bin/envoy'), ['--version'], project), {
    code: 0,
    out: /envoy {2}version: /,
  });
  writeFileSync(join(project, 'bad.yaml'), 'admin: { adress: 1 }\n');
  t.match(run(remora, ['validate', 'node_modules/remora/examples/demo.yaml'], project), { code: 0, err: '' });
  t.match(run(remora, ['validate', 'bad.yaml'], project), { code: 1, out: /bad\.yaml:1:10: error RMR0101/ });
  t.match(
    run(
      join(project, 'node_modules/.bin/envoy'),
      ['--mode', 'validate', '-c', 'node_modules/remora/examples/demo.yaml'],
      project,
    ),
    {
      code: 0,
      out: "configuration 'node_modules/remora/examples/demo.yaml' OK\n",
    },
  );
  t.end();
});
