/**
 * Runs one job: all its proxies are up at once on the same core, idle but for the one under load, and take turns run by run
 * (A B A B), so that a slow minute of the machine falls on all of them.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, release, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CallLoad, Case, ClosedLoad, Job, L4Load, RateLoad, Site, TlsLoad } from './job.ts';
import { autocannon } from './load/autocannon.ts';
import { callLoad } from './load/h2.ts';
import { l4Load } from './load/l4.ts';
import { constantRate } from './load/rate.ts';
import type { LoadResult, Window } from './load/shape.ts';
import { tlsLoad } from './load/tls.ts';
import { wrk } from './load/wrk.ts';
import { type Certificates, makeCertificates } from './machine/certificates.ts';
import { type CorePlan, planCores } from './machine/cores.ts';
import { freePort, waitReady } from './machine/ports.ts';
import { type CpuReading, readCpu, readMemory } from './machine/proc.ts';
import { findProgram, type Running, start } from './machine/programs.ts';
import { combine, type Figures } from './metrics.ts';
import type { BenchProxy, Launch } from './proxies/proxy.ts';
import { monotonicMicroseconds, type TimeSpan } from './report/profile.ts';
import type { CaseOutcome, JobOutcome } from './results.ts';
import { startUpstream } from './upstream/index.ts';

export interface Settings {
  /** Measured seconds of a run. */
  readonly seconds: number;
  /** Runs of each proxy in each case. */
  readonly runs: number;
  /** Seconds of load before the first measured run of a case, so that the JIT compiler is through with it. */
  readonly warmup: number;
  /** The client and the upstream; the cheapest installed when undefined. */
  readonly driver?: 'wrk' | 'autocannon';
  readonly upstream?: 'nginx' | 'node';
  /** Whether the case shall run; all when undefined. */
  wants?(job: Job, one: Case): boolean;
  progress(text: string): void;
  /** Called after each measured run with its time span. */
  measured?(job: Job, span: TimeSpan): void;
}

interface Started {
  readonly proxy: BenchProxy;
  readonly launch: Launch;
  readonly site: Site;
  readonly running: Running;
  errors: number;
}

interface Bench {
  readonly cores: CorePlan;
  readonly settings: Settings;
  readonly driver: 'wrk' | 'autocannon';
  drive(
    site: Site,
    load: ClosedLoad | RateLoad | TlsLoad | L4Load | CallLoad,
    seconds: number,
    warmup: number,
    window: Window,
  ): Promise<LoadResult>;
}

function makeBench(settings: Settings, certificates: Certificates | undefined): Bench {
  const cores = planCores();
  const binary = settings.driver === 'autocannon' ? undefined : findProgram('wrk');
  if (settings.driver === 'wrk' && binary === undefined) throw new Error('wrk is not installed');
  return {
    cores,
    settings,
    driver: binary === undefined ? 'autocannon' : 'wrk',
    drive({ listen: port, upstreamTcp }, load, seconds, warmup, window) {
      if (load.kind === 'l4') return l4Load(cores.load, { port, upstream: upstreamTcp }, load, warmup, seconds, window);
      if (load.kind === 'call') return callLoad(cores.load, port, load, warmup, seconds, window);
      if (load.kind === 'tls') {
        if (certificates === undefined) throw new Error('openssl is not installed');
        return tlsLoad(cores.load, port, load, certificates, warmup, seconds, window);
      }
      if (load.kind === 'rate') return constantRate(cores.load, port, load, warmup, seconds, window);
      if (binary === undefined) return autocannon(cores.load, port, load, seconds, window);
      return wrk(binary, cores.load, port, load, seconds, window);
    },
  };
}

const nothing: Window = { opens() {}, closes() {} };

/** One measured run. */
async function measureOnce(
  bench: Bench,
  job: Job,
  started: Started,
  { load, bytesPerRequest }: Case,
): Promise<Figures> {
  if (load.kind === 'startup') throw new Error('start-up is not a load');
  const { pid } = started.running;
  let before: CpuReading = { total: 0, user: 0, system: 0 };
  let after = before;
  let from = 0;
  let to = 0;
  const window: Window = {
    opens() {
      before = readCpu(pid);
      from = monotonicMicroseconds();
    },
    closes() {
      to = monotonicMicroseconds();
      after = readCpu(pid);
    },
  };
  const seconds = Math.max(bench.settings.seconds, load.kind === 'rate' ? (load.minimumSeconds ?? 0) : 0);
  const result = await bench.drive(started.site, load, seconds, 1, window);
  started.running.assertAlive();
  bench.settings.measured?.(job, { from, to });
  started.errors += result.errors;
  if (result.complaint !== undefined) bench.settings.progress(`${started.proxy.name}: ${result.complaint}`);
  const cpu = after.total - before.total;
  const { rss, anonymous } = readMemory(pid);
  const megabytes = ((bytesPerRequest ?? 0) * result.requests) / (1 << 20);
  return {
    cpuMicroseconds: (cpu * 1e6) / Math.max(1, result.requests),
    ...(load.kind === 'rate' ? { vcpu: cpu / result.seconds } : {}),
    ...(bytesPerRequest === undefined ? {} : { megabytesPerCpuSecond: megabytes / cpu }),
    requestsPerSecond: result.requests / result.seconds,
    p50: result.p50,
    p99: result.p99,
    ...(result.lateness === undefined ? {} : { lateness: result.lateness }),
    rss,
    anonymous,
  };
}

async function measureLoad(bench: Bench, job: Job, all: readonly Started[], one: Case): Promise<CaseOutcome> {
  const { settings } = bench;
  if (one.load.kind === 'startup') throw new Error('start-up is not a load');
  for (const started of all) {
    started.errors = 0;
    settings.progress(`${one.name}: warming up ${started.proxy.name}`);
    if (one.load.kind === 'tls' && one.load.mode === 'idle') continue;
    if (one.load.kind !== 'rate') await bench.drive(started.site, one.load, settings.warmup, 0, nothing);
    else {
      // At its own rate it would take minutes until the JIT compiler has seen what it sees in the first hour of service.
      const faster = { ...one.load, perSecond: one.load.perSecond * 5 };
      await bench.drive(started.site, faster, 2 * settings.warmup, 0, nothing);
    }
  }
  const runs = new Map<Started, Figures[]>(all.map((started) => [started, []]));
  for (let run = 1; run <= settings.runs; run++) {
    for (const [started, figures] of runs) {
      settings.progress(`${one.name}: run ${run} of ${settings.runs}, ${started.proxy.name}`);
      figures.push(await measureOnce(bench, job, started, one));
    }
  }
  return {
    name: one.name,
    proxies: [...runs].map(([{ proxy, errors }, figures]) => ({
      name: proxy.name,
      figures: combine(figures),
      runs: figures,
      errors,
    })),
  };
}

/** Starts afresh for each run, and looks at memory once the process has come to rest. */
async function measureStart(
  bench: Bench,
  launches: readonly { proxy: BenchProxy; launch: Launch; site: Site }[],
  one: Case,
): Promise<CaseOutcome> {
  const runs = new Map<BenchProxy, Figures[]>(launches.map(({ proxy }) => [proxy, []]));
  for (let run = 1; run <= bench.settings.runs; run++) {
    for (const { proxy, launch, site } of launches) {
      bench.settings.progress(`${one.name}: run ${run} of ${bench.settings.runs}, ${proxy.name}`);
      const since = performance.now();
      const running = start([...bench.cores.proxy, ...launch.command], `${site.dir}/log`, launch.env);
      const readyMilliseconds = await waitReady(launch.ready.port, launch.ready.path, since, () =>
        running.assertAlive(),
      );
      const startCpuMilliseconds = readCpu(running.pid).total * 1e3;
      await new Promise((resolve) => setTimeout(resolve, 2_000));
      const { rss, anonymous } = readMemory(running.pid);
      await running.stop();
      runs.get(proxy)?.push({ readyMilliseconds, startCpuMilliseconds, rss, anonymous });
    }
  }
  return {
    name: one.name,
    proxies: [...runs].map(([{ name }, figures]) => ({ name, figures: combine(figures), runs: figures, errors: 0 })),
  };
}

const message = (error: unknown): string => (error instanceof Error ? error.message : String(error));

export async function runJob(job: Job, proxies: readonly BenchProxy[], settings: Settings): Promise<JobOutcome> {
  const scratch = mkdtempSync(join(tmpdir(), 'remora-bench-'));
  const certificates = makeCertificates(join(scratch, 'certificates'));
  const bench = makeBench(settings, certificates);
  const http2 = job.http2Upstream === true;
  const upstream = await startUpstream(join(scratch, 'upstream'), bench.cores, certificates, {
    http2,
    kind: settings.upstream,
  });
  const failed: Record<string, string> = {};
  const started: Started[] = [];
  const launches: { proxy: BenchProxy; launch: Launch; site: Site }[] = [];
  const startsOnly = job.cases.every(({ load }) => load.kind === 'startup');
  try {
    for (const proxy of proxies) {
      const dir = join(scratch, proxy.name);
      mkdirSync(dir);
      const { port, tlsPort, h2Port } = upstream;
      const ports = { listen: await freePort(), admin: await freePort(), upstreamTcp: await freePort() };
      const site: Site = { ...ports, upstream: port, upstreamTls: tlsPort, upstreamH2: h2Port, certificates, dir };
      const launch = proxy.prepare(job, site);
      if (launch === undefined) continue;
      let running: Running | undefined;
      try {
        const since = performance.now();
        running = start([...bench.cores.proxy, ...launch.command], `${dir}/log`, launch.env);
        const alive = running;
        await waitReady(launch.ready.port, launch.ready.path, since, () => alive.assertAlive());
        launches.push({ proxy, launch, site });
        // A start-up job has now read every file once from disk, and starts again from the page cache.
        if (startsOnly) await running.stop();
        else started.push({ proxy, launch, site, running, errors: 0 });
      } catch (error) {
        await running?.stop();
        failed[proxy.name] = message(error);
        settings.progress(`${proxy.name} failed: ${failed[proxy.name]}`);
      }
    }
    const cases: CaseOutcome[] = [];
    for (const one of job.cases.filter((each) => settings.wants?.(job, each) ?? true)) {
      cases.push(
        one.load.kind === 'startup'
          ? await measureStart(bench, launches, one)
          : await measureLoad(bench, job, started, one),
      );
      upstream.assertAlive();
    }
    return {
      job: job.name,
      title: job.title,
      description: job.description,
      headline: job.headline,
      date: new Date().toISOString(),
      machine: {
        cpu: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`,
        cores: bench.cores.description,
        kernel: release(),
        driver: job.cases.some(({ load }) => load.kind === 'closed') ? bench.driver : 'own client',
        upstream: http2 ? 'own server' : upstream.kind,
      },
      settings: { seconds: settings.seconds, runs: settings.runs },
      versions: Object.fromEntries(proxies.map(({ name, version }) => [name, version])),
      failed,
      cases,
    };
  } finally {
    await Promise.all(started.map(({ running }) => running.stop()));
    await upstream.stop();
    rmSync(scratch, { recursive: true, force: true });
  }
}
