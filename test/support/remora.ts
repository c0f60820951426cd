// A whole proxy in the test's own process: real sockets, configuration as a user writes it, time that the test may move.
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { serverOptions } from '../../src/cli/server-options.ts';
import { extensions } from '../../src/extensions/manifest.ts';
import { Server, typeNamesOf } from '../../src/server/compose.ts';
import { Lifecycle } from '../../src/server/lifecycle.ts';
import { load, ServerRun } from '../../src/server/server-run.ts';
import {
  accessLog,
  bootstrap,
  cluster,
  forwardTo,
  httpChain,
  type Json,
  type LogLine,
  listener,
  routeConfig,
} from './bootstrap.ts';
import { FakeTimers } from './fake-timers.ts';

/** What a test changes of the usual proxy: one listener, one chain, every path to cluster `app`. */
export interface Setup {
  /** Of the filter chain. */
  readonly chain?: Json;
  readonly listener?: Json;
  readonly connectionManager?: Json;
  readonly routes?: readonly Json[];
  /** Of the one route. */
  readonly route?: Json;
  readonly cluster?: Json;
  readonly bootstrap?: Json;
  readonly flags?: Readonly<Record<string, string>>;
}

/** A whole bootstrap; `dir` is a folder of the proxy's own, for further files. */
export type Bootstrap = (dir: string) => Json;

export class RunningProxy {
  readonly server: Server;
  /** Null where the proxy runs on the machine's own clock. */
  readonly timers: FakeTimers | null;
  readonly dir: string;
  readonly #run: ServerRun;

  constructor(server: Server, run: ServerRun, timers: FakeTimers | null, dir: string) {
    this.server = server;
    this.#run = run;
    this.timers = timers;
    this.dir = dir;
  }

  /** Of the listener of that name; by default of the first. */
  portOf(name?: string): number {
    const entries = this.server.listeners.entries();
    const entry = name === undefined ? [...entries.values()][0] : entries.get(name);
    const text = entry?.listener.localAddresses[0];
    if (text === undefined) throw new Error(`no listener ${name ?? ''}`);
    return Number(text.slice(text.lastIndexOf(':') + 1));
  }

  get port(): number {
    return this.portOf();
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Moves the clock, and with it every timer of the proxy. */
  advance(ms: number): void {
    if (this.timers === null) throw new Error('the proxy runs on the machine’s own clock');
    this.timers.advance(ms);
  }

  /** Value of a counter or gauge; 0 when there is none of that name. */
  stat(name: string): number {
    for (const counter of this.server.stats.counters()) if (counter.name === name) return counter.value;
    for (const gauge of this.server.stats.gauges()) if (gauge.name === name) return gauge.value;
    return 0;
  }

  accessLog(): LogLine[] {
    this.server.accessLogs.flushSync();
    return readFileSync(join(this.dir, 'access.log'), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line): LogLine => JSON.parse(line));
  }

  /** Writes a file of the proxy's folder as configuration tools do: whole, by renaming. Returns its path. */
  write(name: string, content: string | Json): string {
    return writeFile(this.dir, name, content);
  }

  /** A changed bootstrap, applied as SIGHUP does. */
  async reload(changed: Json | string): Promise<void> {
    this.write('bootstrap.json', changed);
    await this.#run.reload('test');
  }

  async stop(): Promise<void> {
    this.#run.stop();
    await this.server.shutdown();
    rmSync(this.dir, { recursive: true, force: true });
  }
}

export function writeFile(dir: string, name: string, content: string | Json): string {
  const path = join(dir, name);
  writeFileSync(`${path}.new`, typeof content === 'string' ? content : JSON.stringify(content));
  renameSync(`${path}.new`, path);
  return path;
}

/** The usual proxy in front of `app`, as `setup` changes it. */
export function usualBootstrap(setup: Setup, apps: readonly Json[], dir: string, port = 0): Json {
  const chain = httpChain(
    {
      routeConfig: routeConfig('local', setup.routes ?? [forwardTo('app', setup.route)]),
      accessLog: [accessLog(join(dir, 'access.log'))],
      ...setup.connectionManager,
    },
    setup.chain,
  );
  const where = { socketAddress: { address: '127.0.0.1', portValue: port } };
  return bootstrap(
    [listener('main', where, [chain], setup.listener)],
    [cluster('app', apps, setup.cluster)],
    setup.bootstrap,
  );
}

interface Starting {
  /** Starts the proxy; it ends with the test. */
  to(...apps: readonly { readonly address: Json }[]): Promise<RunningProxy>;
  /** Time stands still but for `advance`. */
  fakeTime(): Starting;
}

/** `flags`: of the command line, for a bootstrap of the test's own; else `setup` has them. */
export function remora(t: Test, setup: Setup | Bootstrap = {}, flags: Readonly<Record<string, string>> = {}): Starting {
  const starting = (timers: FakeTimers | null): Starting => ({
    fakeTime: () => starting(new FakeTimers()),
    to: async (...apps) => {
      const dir = mkdtempSync(join(tmpdir(), 'remora-test-'));
      const config =
        typeof setup === 'function'
          ? setup(dir)
          : usualBootstrap(
              setup,
              apps.map((app) => app.address),
              dir,
            );
      const path = writeFile(dir, 'bootstrap.json', config);
      const given = typeof setup === 'function' ? flags : { ...flags, ...setup.flags };
      const options = serverOptions('remora', new Map(Object.entries({ 'config-path': path, ...given })), {});
      const loaded = await load(options, typeNamesOf(extensions));
      if (loaded === undefined) throw new Error('the configuration was refused (DEBUG_TEST=1 shows why)');
      const time = timers === null ? undefined : { clock: timers.clock, timers };
      const server = new Server(options, loaded.bootstrap, extensions, new Lifecycle(), time);
      const run = new ServerRun(options, server);
      const proxy = new RunningProxy(server, run, timers, dir);
      t.teardown(() => proxy.stop());
      const prepared = await run.prepare(loaded);
      if (prepared === undefined || !(await run.start(prepared))) throw new Error('the proxy did not start');
      return proxy;
    },
  });
  return starting(null);
}
