// Owns the run of a server as a process, from options to exit code: signals, modes, memory, the end.
import { systemClock } from '../base/clock.ts';
import { flushLogs, logger, reopenLog } from '../base/logger.ts';
import { systemTimers } from '../base/timers.ts';
import { extensions } from '../extensions/manifest.ts';
import { Server, typeNamesOf } from './compose.ts';
import { Lifecycle } from './lifecycle.ts';
import type { ServerOptions } from './options.ts';
import { QuietMemory } from './quiet-memory.ts';
import { type LoadedBootstrap, load, ServerRun } from './server-run.ts';

const log = logger('main');

/** Runs until a signal, /quitquitquit or a failed start ends it. Resolves with the exit code. */
export async function runServer(options: ServerOptions): Promise<number> {
  const startedAt = performance.now();
  const loaded = await load(options, typeNamesOf(extensions));
  if (loaded === undefined) return 1;
  const lifecycle = new Lifecycle();
  const server = new Server(options, loaded.bootstrap, extensions, lifecycle);
  const run = new ServerRun(options, server);
  // However the process ends, lines that were logged are written.
  const flushAccessLogs = (): void => server.accessLogs.flushSync();
  process.on('exit', flushAccessLogs);
  const memory = new QuietMemory(systemTimers, systemClock, options.trimMemory);
  try {
    return await serve(options, loaded, server, run, memory, startedAt);
  } finally {
    memory.stop();
    run.stop();
    lifecycle.release();
    process.off('exit', flushAccessLogs);
    await server.shutdown();
    await flushLogs();
  }
}

async function serve(
  options: ServerOptions,
  loaded: LoadedBootstrap,
  server: Server,
  run: ServerRun,
  memory: QuietMemory,
  startedAt: number,
): Promise<number> {
  const { lifecycle } = server;
  const prepared = await run.prepare(loaded);
  if (prepared === undefined) return 1;
  if (options.mode === 'validate') {
    process.stdout.write(`configuration '${options.configPath}' OK\n`);
    return 0;
  }
  lifecycle.begin({
    reload: () => void run.reload('SIGHUP'),
    reopenLogs: () => {
      reopenLog();
      server.accessLogs.reopen();
    },
  });
  lifecycle.state = 'INITIALIZING';
  if (options.concurrency > 1) {
    log.info(`--concurrency ${options.concurrency}: one event loop serves all connections in this version of Remora`);
  }
  if (!(await memory.prepare())) return 1;
  // A signal may come while clusters or routes are still waited for.
  const outcome = await Promise.race([run.start(prepared), lifecycle.ended]);
  if (typeof outcome === 'number') return outcome;
  if (!outcome) return 1;
  log.info(`ready after ${Math.round(performance.now() - startedAt)} ms`);
  if (options.mode === 'init_only') return 0;
  await memory.start();
  if (options.watch) run.watch();
  return await lifecycle.ended;
}
