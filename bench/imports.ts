/**
 * `npm run bench:imports`: what each import costs, what the started proxy has imported, and whether it keeps to its memory
 * budget (DESIGN 3.8), so that a heavy import shows at once.
 *
 * The price of a module is the anonymous memory of a process that imported it, less that of an empty one, with the flags of
 * a sidecar. What the proxy loads is recorded by a preload (`load/record-modules.mjs`) in the real executable.
 */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startup } from './jobs/startup.ts';
import { freePort, waitReady } from './machine/ports.ts';
import { readMemory } from './machine/proc.ts';
import { run, start } from './machine/programs.ts';
import { benchRoot, projectRoot } from './paths.ts';
import { buildBundle, bundleState } from './proxies/remora.ts';

const MB = 1 << 20;
const NODE_FLAGS = ['--max-semi-space-size=1', '--v8-pool-size=0'];
/** Bound of the issue: anonymous memory of the proxy at rest after start. */
const IDLE_BUDGET = 20 * MB;

/** Alone and in the combinations that are met. */
const priced: readonly (readonly string[])[] = [
  ['node:net'],
  ['node:tls'],
  ['node:http'],
  ['node:http2'],
  ['node:dns'],
  ['node:zlib'],
  ['node:crypto'],
  ['node:child_process'],
  ['node:worker_threads'],
  ['@bufbuild/protobuf'],
  ['yaml'],
  ['commander'],
  ['prom-client'],
  ['prom-client/lib/registry.js'],
  ['re2js'],
  ['undici'],
];

/** Built-in modules that the data path is meant to do without, each with its price above. */
const unwanted = new Set(['http', 'https', 'http2', 'inspector', 'repl', 'test', 'sqlite']);

interface Loaded {
  /** `file:` URLs in the order of loading. */
  readonly files: readonly string[];
  /** Public built-in modules, without `node:`. */
  readonly builtins: readonly string[];
}

async function anonymousAfter(modules: readonly string[]): Promise<number> {
  const body = `${modules.map((name) => `await import(${JSON.stringify(name)});`).join('')}
    await new Promise((resolve) => setTimeout(resolve, 50));
    const { readFileSync } = await import('node:fs');
    console.log(/^Anonymous:\\s+(\\d+)/m.exec(readFileSync('/proc/self/smaps_rollup', 'latin1'))[1]);`;
  const node = [process.execPath, ...NODE_FLAGS, '--input-type=module', '--eval', body];
  return Number(await run(['env', 'MALLOC_ARENA_MAX=1', ...node])) * 1024;
}

/** The least of three: a garbage collection at a bad moment only adds. */
async function price(modules: readonly string[]): Promise<number> {
  const tries = [await anonymousAfter(modules), await anonymousAfter(modules), await anonymousAfter(modules)];
  return Math.min(...tries);
}

async function priceList(): Promise<void> {
  const empty = await price([]);
  console.log(`anonymous memory of an empty process (${NODE_FLAGS.join(' ')}): ${(empty / MB).toFixed(1)} MB; with`);
  for (const modules of priced) {
    const cost = (await price(modules)) - empty;
    console.log(`${(cost / MB).toFixed(1).padStart(7)} MB  ${modules.join(', ')}`);
  }
}

/** The folder of a file's package, or of the source tree to the second level. */
function groupOf(url: string): string {
  const path = fileURLToPath(url);
  const inPackage = /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules\/)/.exec(path)?.[1];
  if (inPackage !== undefined) return `package ${inPackage}`;
  return relative(projectRoot, path).split('/').slice(0, -1).slice(0, 2).join('/') || '.';
}

function printLoaded(loaded: Loaded): void {
  const groups = new Map<string, { files: number; bytes: number }>();
  for (const url of loaded.files) {
    const group = groups.get(groupOf(url)) ?? { files: 0, bytes: 0 };
    group.files++;
    group.bytes += statSync(fileURLToPath(url)).size;
    groups.set(groupOf(url), group);
  }
  console.log(`\nmodules that the started proxy has loaded: ${loaded.files.length} files`);
  for (const [name, { files, bytes }] of [...groups].sort((a, b) => b[1].bytes - a[1].bytes)) {
    console.log(`${(bytes / 1024).toFixed(0).padStart(7)} KB  ${String(files).padStart(4)} files  ${name}`);
  }
  console.log(`\nbuilt-in modules: ${loaded.builtins.join(', ')}`);
  const heavy = loaded.builtins.filter((name) => unwanted.has(name));
  console.log(heavy.length === 0 ? 'none of them is one to avoid' : `TO AVOID: ${heavy.join(', ')}`);
}

/** Starts the proxy on the start-up job twice: as it ships for its memory, from source with the recorder for its modules. */
async function startedProxy(): Promise<boolean> {
  const dir = mkdtempSync(join(tmpdir(), 'remora-imports-'));
  const ports = { listen: await freePort(), admin: await freePort(), upstream: await freePort() };
  const site = { ...ports, upstreamTls: 0, upstreamH2: 0, upstreamTcp: 0, certificates: undefined, dir };
  const config = join(dir, 'envoy.yaml');
  writeFileSync(config, startup.envoy(site));
  const up = async <T>(env: Record<string, string>, look: (pid: number) => T): Promise<T> => {
    const proxy = start([join(projectRoot, 'bin/remora'), 'run', '-c', config], join(dir, 'log'), env);
    try {
      await waitReady(site.admin, '/ready', performance.now(), () => proxy.assertAlive());
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      return look(proxy.pid);
    } finally {
      await proxy.stop();
    }
  };
  try {
    const bundled = bundleState(projectRoot) === 'fresh';
    const memory = await up({ REMORA_DIST: bundled ? '1' : '0' }, readMemory);
    const record = join(dir, 'modules.json');
    const recorder = `--import=${join(benchRoot, 'load/record-modules.mjs')}`;
    const options = `${process.env['NODE_OPTIONS'] ?? ''} ${recorder}`.trim();
    await up({ REMORA_DIST: '0', NODE_OPTIONS: options, BENCH_RECORD_MODULES: record }, () => undefined);
    printLoaded(JSON.parse(readFileSync(record, 'utf8')) as Loaded);
    const { rss, anonymous } = memory;
    const kept = anonymous <= IDLE_BUDGET;
    console.log(
      `\n${kept ? 'PASS' : 'FAIL'}  at rest after start (${bundled ? 'bundle' : 'from source: no bundle of these sources in dist/'}): anonymous ${(anonymous / MB).toFixed(1)} MB, at most ${IDLE_BUDGET / MB}; RSS ${(rss / MB).toFixed(1)} MB`,
    );
    return kept;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

// Bare specifiers of evaluated code are looked up from the working directory.
process.chdir(projectRoot);
buildBundle();
await priceList();
if (!(await startedProxy())) process.exitCode = 1;
