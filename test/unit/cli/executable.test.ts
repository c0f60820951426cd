// The executables as a shell starts them: launcher, exit codes, streams.
import { spawnSync } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';

const bin = join(import.meta.dirname, '../../../bin');

function start(
  command: string,
  args: string[],
  env: NodeJS.ProcessEnv = {},
): { code: number | null; out: string; err: string } {
  const clean = { ...process.env, NODE_OPTIONS: '', REMORA_DIST: '', ...env };
  const result = spawnSync(command, args, { encoding: 'utf8', env: clean, timeout: 30_000 });
  return { code: result.status, out: result.stdout, err: result.stderr };
}

t.test('envoy --version in Envoy’s format', (t) => {
  const { code, out } = start(join(bin, 'envoy'), ['--version', '--bogus']);
  t.equal(code, 0);
  t.match(out, /^\nenvoy {2}version: [0-9a-f]{40}\/1\.40\.0\/Clean\/RELEASE\/OpenSSL\n\n$/);
  t.match(start(join(bin, 'envoy'), ['--version'], { REMORA_REPORTED_VERSION: '1.34.7' }).out, /\/1\.34\.7\//);
  t.match(start(join(bin, 'envoy'), ['--reported-version', '1.34.8', '--version']).out, /\/1\.34\.8\//);
  t.end();
});

t.test('through links, as npm and the image make them', (t) => {
  const folder = t.testdir({ bin: {}, other: {} });
  symlinkSync(join(bin, 'envoy'), join(folder, 'bin/first'));
  symlinkSync('../bin/first', join(folder, 'other/envoy'));
  t.equal(start(join(folder, 'other/envoy'), ['--version']).code, 0);
  t.end();
});

t.test('an unknown flag is an error that names the nearest', (t) => {
  const { code, err, out } = start(join(bin, 'envoy'), ['--log-levl', 'debug', '-c', 'x.yaml']);
  t.equal(code, 1);
  t.equal(out, '');
  t.equal(err, "error: unknown option '--log-levl'\n(Did you mean --log-level?)\n");
  t.match(start(join(bin, 'remora'), ['vlidate']).err, /unknown command 'vlidate'\n\(Did you mean validate\?\)/);
  t.match(start(join(bin, 'remora'), ['run', '--watc', '-c', 'x']), { code: 1, err: /Did you mean --watch\?/ });
  t.end();
});

t.test('other wrong command lines', (t) => {
  const cases: [string, string[], string][] = [
    ['envoy', [], 'error: at least one of --config-path (-c) and --config-yaml must be given and not be empty\n'],
    ['envoy', ['-c', 'x', '-c', 'y'], "error: option '-c, --config-path <path>' is given twice\n"],
    ['envoy', ['-c'], "error: option '-c, --config-path <path>' argument missing\n"],
    ['envoy', ['-c', 'x', '--mode', 'foo'], "error: unknown mode 'foo' (serve, validate or init_only)\n"],
    ['envoy', ['x'], 'error: too many arguments. Expected 0 arguments but got 1: x.\n'],
    ['remora', ['validate'], "error: missing required argument 'file'\n"],
  ];
  for (const [program, args, expected] of cases) {
    t.same(start(join(bin, program), args), { code: 1, out: '', err: expected }, `${program} ${args.join(' ')}`);
  }
  t.end();
});

t.test('help goes to standard output', (t) => {
  const help = start(join(bin, 'envoy'), ['--help']);
  t.equal(help.code, 0);
  t.match(help.out, /-c, --config-path <path>/);
  t.match(help.out, /--cpuset-threads .*no effect/s);
  t.match(start(join(bin, 'remora'), ['--help']).out, /validate \[options\] <file\.\.\.>/);
  t.match(start(join(bin, 'remora'), ['run', '--help']).out, /--drain-time-s <seconds>/);
  t.end();
});

t.test('remora version', (t) => {
  for (const args of [['version'], ['--version']]) {
    const { code, out } = start(join(bin, 'remora'), args);
    t.equal(code, 0);
    t.match(out, /^remora \d+\.\d+\.\d+ \(.+\)\nEnvoy API 1\.40\.0\nNode v2[6-9]\..*\n$/);
  }
  t.end();
});

t.test('a log file that cannot be opened ends the start', (t) => {
  const { code, err } = start(join(bin, 'envoy'), ['--config-yaml', '{}', '--log-path', '/nonexistent/x.log']);
  t.equal(code, 1);
  t.match(err, /^error: .*\/nonexistent\/x\.log/);
  t.end();
});
