// What the process occupies at rest, as a user starts it. The bundle's bound is that of docs/benchmarks.md, a quarter above
// what was measured; nothing of it depends on the machine's speed. `npm run bench` has the figures under load.
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { startup } from '../../bench/jobs/startup.ts';
import { freePort, waitReady } from '../../bench/machine/ports.ts';
import { type MemoryReading, readMemory } from '../../bench/machine/proc.ts';
import { run, start } from '../../bench/machine/programs.ts';
import { projectRoot } from '../../bench/paths.ts';

const MB = 1 << 20;
const folder = mkdtempSync(join(tmpdir(), 'remora-memory-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));

/** Starts, and waits until the memory is within the bound, for 20 seconds at most. The last reading. */
async function atRest(
  root: string,
  env: Record<string, string>,
  flags: readonly string[],
  within: (memory: MemoryReading) => boolean,
): Promise<MemoryReading> {
  const ports = { listen: await freePort(), admin: await freePort(), upstream: await freePort() };
  const site = { ...ports, upstreamTls: 0, upstreamH2: 0, upstreamTcp: 0, certificates: undefined, dir: folder };
  const config = join(folder, 'envoy.yaml');
  writeFileSync(config, startup.envoy(site));
  const proxy = start([join(root, 'bin/envoy'), '-c', config, ...flags], join(folder, 'log'), env);
  try {
    await waitReady(site.admin, '/ready', performance.now(), () => proxy.assertAlive());
    const deadline = performance.now() + 20_000;
    let memory = readMemory(proxy.pid);
    while (!within(memory) && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      memory = readMemory(proxy.pid);
    }
    return memory;
  } finally {
    await proxy.stop();
  }
}

/** The bundle of these sources, laid out as a package is. */
async function packaged(): Promise<string> {
  const root = join(folder, 'package');
  cpSync(join(projectRoot, 'bin'), join(root, 'bin'), { recursive: true });
  for (const name of ['config-schema', 'node_modules']) symlinkSync(join(projectRoot, name), join(root, name));
  await run([process.execPath, join(projectRoot, 'scripts/build.ts'), '--outdir', join(root, 'dist')]);
  return root;
}

const megabytes = (bytes: number): string => `${(bytes / MB).toFixed(1)} MB`;

t.test('the bundle', async (t) => {
  const root = await packaged();
  t.test('occupies at most 20 MB at rest', async (t) => {
    const { anonymous } = await atRest(root, {}, [], (memory) => memory.anonymous <= 20 * MB);
    t.ok(anonymous <= 20 * MB, `${megabytes(anonymous)} anonymous`);
  });
  t.test('with --trim-memory has little of the executable in memory', async (t) => {
    const { rss } = await atRest(root, {}, ['--trim-memory'], (memory) => memory.rss <= 40 * MB);
    t.ok(rss <= 40 * MB, `${megabytes(rss)} resident`);
  });
});

t.test('the sources occupy at most 32 MB at rest', async (t) => {
  const { anonymous } = await atRest(projectRoot, { REMORA_DIST: '0' }, [], (memory) => memory.anonymous <= 32 * MB);
  t.ok(anonymous <= 32 * MB, `${megabytes(anonymous)} anonymous`);
});
