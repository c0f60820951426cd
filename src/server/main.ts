// Owns the run of a server, from options to exit code: read, compose, apply, serve, reload, end.
import { systemClock } from '../base/clock.ts';
import { FileWatch } from '../base/file-watch.ts';
import { flushLogs, logger, reopenLog } from '../base/logger.ts';
import { systemTimers } from '../base/timers.ts';
import {
  ConfigContext,
  type ConfigSource,
  type Diagnostic,
  formatDiagnostic,
  hasErrors,
  loadBootstrap,
} from '../config/api.ts';
import { extensions } from '../extensions/manifest.ts';
import { type BootstrapConfig, readBootstrapConfig } from './bootstrap-config.ts';
import { Server } from './compose.ts';
import { readSources } from './config-sources.ts';
import { Lifecycle } from './lifecycle.ts';
import type { ServerOptions } from './options.ts';
import { QuietMemory } from './quiet-memory.ts';
import {
  applyClusters,
  applyListeners,
  type PreparedResources,
  prepareResources,
  ResourceError,
  type StaticNames,
} from './resources.ts';

const log = logger('main');
const knownExtensions: ReadonlySet<string> = new Set(extensions.flatMap((entry) => entry.typeNames));

/** Runs until a signal, /quitquitquit or a failed start ends it. Resolves with the exit code. */
export async function runServer(options: ServerOptions): Promise<number> {
  const startedAt = performance.now();
  const loaded = await load(options);
  if (loaded === undefined) return 1;
  const lifecycle = new Lifecycle();
  const server = new Server(options, loaded.bootstrap, extensions, lifecycle);
  const run = new ServerRun(options, server, lifecycle);
  try {
    return await run.serve(loaded, startedAt);
  } finally {
    run.stop();
    lifecycle.release();
    await server.shutdown();
    await flushLogs();
  }
}

interface LoadedBootstrap {
  readonly bootstrap: BootstrapConfig;
  readonly sources: readonly ConfigSource[];
}

/** Undefined after every problem was printed. */
async function load(options: ServerOptions): Promise<LoadedBootstrap | undefined> {
  let sources: ConfigSource[];
  try {
    sources = readSources(options);
  } catch (error) {
    log.critical(`cannot read the configuration: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
  const { message, diagnostics } = await loadBootstrap(sources, {
    knownExtensions,
    unknownFields: options.allowUnknownStaticFields ? 'warn' : 'refuse',
    skipDeprecated: options.skipDeprecatedLogs,
  });
  report(diagnostics, sources);
  if (message === undefined || hasErrors(diagnostics)) return undefined;
  const context = new ConfigContext({ knownExtensions });
  const bootstrap = await readBootstrapConfig(message, options, context);
  const own = await context.takeDiagnostics();
  report(own, sources);
  return hasErrors(own) ? undefined : { bootstrap, sources };
}

function report(diagnostics: readonly Diagnostic[], sources: readonly ConfigSource[]): void {
  for (const diagnostic of diagnostics) {
    const source = sources.find(({ name }) => name === diagnostic.position?.file) ?? sources[0];
    const text = formatDiagnostic(diagnostic, source?.text ?? '');
    if (diagnostic.severity === 'error') log.critical(text);
    else log.warning(text);
  }
}

class ServerRun {
  readonly #options: ServerOptions;
  readonly #server: Server;
  readonly #lifecycle: Lifecycle;
  #names: StaticNames = { clusters: new Set(), listeners: new Set() };
  #reloading: Promise<void> = Promise.resolve();
  #configWatch: FileWatch | null = null;
  readonly #memory: QuietMemory;

  constructor(options: ServerOptions, server: Server, lifecycle: Lifecycle) {
    this.#options = options;
    this.#memory = new QuietMemory(systemTimers, systemClock, options.trimMemory);
    this.#server = server;
    this.#lifecycle = lifecycle;
  }

  async serve(loaded: LoadedBootstrap, startedAt: number): Promise<number> {
    const { mode } = this.#options;
    const prepared = await this.#prepare(loaded);
    if (prepared === undefined) return 1;
    if (mode === 'validate') {
      process.stdout.write(`configuration '${this.#options.configPath}' OK\n`);
      return 0;
    }
    this.#lifecycle.begin({ reload: () => this.reload('SIGHUP'), reopenLogs: () => this.#reopenLogs() });
    this.#lifecycle.state = 'INITIALIZING';
    try {
      await this.#memory.prepare();
      await this.#server.startAdmin();
      await this.#apply(prepared);
    } catch (error) {
      log.critical(error instanceof ResourceError ? `cannot start: ${error.message}` : String(error));
      return 1;
    }
    this.#server.onInitialized();
    log.info(`ready after ${Math.round(performance.now() - startedAt)} ms`);
    if (mode === 'init_only') return 0;
    await this.#memory.start();
    if (this.#options.watch) this.#watch();
    return await this.#lifecycle.ended;
  }

  /** The order is Envoy's: static clusters, those of CDS, all of them warm; then listeners. */
  async #apply(prepared: PreparedResources): Promise<void> {
    const { managers, dynamic } = this.#server;
    await applyClusters(prepared, managers);
    await dynamic.startClusters();
    await managers.clusters.whenWarm();
    this.#names = await applyListeners(prepared, managers, this.#names);
    await dynamic.startListeners();
  }

  async #prepare(loaded: LoadedBootstrap): Promise<PreparedResources | undefined> {
    const context = new ConfigContext({ knownExtensions });
    const { clusters, listeners } = loaded.bootstrap;
    const prepared = await prepareResources(clusters, listeners, this.#server.managers, context);
    report(prepared.diagnostics, loaded.sources);
    return prepared.failed ? undefined : prepared;
  }

  /** A changed file is applied as a diff of resources; a bad one changes nothing and says why. One after the other. */
  reload(reason: string): void {
    this.#reloading = this.#reloading.then(async () => {
      log.info(`reloading the configuration: ${reason}`);
      const loaded = await load(this.#options);
      const prepared = loaded === undefined ? undefined : await this.#prepare(loaded);
      if (loaded === undefined || prepared === undefined) {
        log.error('the configuration was not changed: the new one has errors (above)');
        return;
      }
      try {
        await this.#apply(prepared);
        this.#server.adopt(loaded.bootstrap);
        log.info('the new configuration is in force');
      } catch (error) {
        log.error(
          `the new configuration is in force only in part: ${error instanceof Error ? error.message : String(error)}`,
        );
      }
    });
  }

  #watch(): void {
    const { configPath } = this.#options;
    if (configPath !== '') this.#configWatch = new FileWatch(configPath, () => this.reload(`${configPath} changed`));
  }

  stop(): void {
    this.#configWatch?.close();
    this.#memory.stop();
  }

  #reopenLogs(): void {
    reopenLog();
    this.#server.accessLogs.reopen();
  }
}
