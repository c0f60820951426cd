// Owns what a running server does with its configuration: load, apply, apply again when it changed. main.ts wraps the
// process around it; tests run it in their own.

import { statSync } from 'node:fs';
import { errorText } from '../base/error-text.ts';
import { FileWatch } from '../base/file-watch.ts';
import { logger } from '../base/logger.ts';
import {
  ConfigContext,
  type ConfigSource,
  type Diagnostic,
  formatDiagnostic,
  hasErrors,
  loadBootstrap,
  SourceLines,
} from '../config/api.ts';
import { fieldsOfNextStart } from './bootstrap-changes.ts';
import { type BootstrapConfig, readBootstrapConfig } from './bootstrap-config.ts';
import type { Server } from './compose.ts';
import { readSources } from './config-sources.ts';
import type { ServerOptions } from './options.ts';
import {
  applyClusters,
  applyListeners,
  type PreparedResources,
  prepareResources,
  ResourceError,
  removeClusters,
  type StaticNames,
} from './resources.ts';

const log = logger('main');

/** A file that is still being written may be valid already, and lack the half that follows. */
const watchStableMs = 200;

export interface LoadedBootstrap {
  readonly bootstrap: BootstrapConfig;
  readonly sources: readonly ConfigSource[];
}

/** Undefined after every problem was printed. */
export async function load(
  options: ServerOptions,
  knownExtensions: ReadonlySet<string>,
  atStart = true,
): Promise<LoadedBootstrap | undefined> {
  let sources: ConfigSource[];
  try {
    sources = readSources(options);
  } catch (error) {
    const text = `cannot read the configuration: ${errorText(error)}`;
    if (atStart) log.critical(text);
    else log.error(text);
    return undefined;
  }
  const { message, diagnostics } = await loadBootstrap(sources, {
    knownExtensions,
    unknownFields: options.allowUnknownStaticFields ? 'warn' : 'refuse',
    skipDeprecated: options.skipDeprecatedLogs,
  });
  report(diagnostics, sources, atStart);
  if (message === undefined || hasErrors(diagnostics)) return undefined;
  const context = new ConfigContext({ knownExtensions });
  const bootstrap = await readBootstrapConfig(message, options, context);
  const own = await context.takeDiagnostics();
  report(own, sources, atStart);
  return hasErrors(own) ? undefined : { bootstrap, sources };
}

/** What keeps a process from starting is critical; a reload that is refused leaves it running. */
function report(diagnostics: readonly Diagnostic[], sources: readonly ConfigSource[], atStart: boolean): void {
  const lines = new Map(sources.map(({ name, text }) => [name, new SourceLines(text)]));
  const first = new SourceLines(sources[0]?.text ?? '');
  for (const diagnostic of diagnostics) {
    const text = formatDiagnostic(diagnostic, lines.get(diagnostic.position?.file ?? '') ?? first);
    if (diagnostic.severity !== 'error') log.warning(text);
    else if (atStart) log.critical(text);
    else log.error(text);
  }
}

export class ServerRun {
  readonly #options: ServerOptions;
  readonly #server: Server;
  #names: StaticNames = { clusters: new Set(), listeners: new Set() };
  #reloading: Promise<void> = Promise.resolve();
  #configWatch: FileWatch | null = null;

  constructor(options: ServerOptions, server: Server) {
    this.#options = options;
    this.#server = server;
  }

  /** Undefined after the reasons were printed. Nothing has begun to run. */
  async prepare(loaded: LoadedBootstrap, atStart = true): Promise<PreparedResources | undefined> {
    const context = new ConfigContext({ knownExtensions: this.#server.knownExtensions });
    const { clusters, listeners } = loaded.bootstrap;
    const prepared = await prepareResources(clusters, listeners, this.#server.managers, context);
    report(prepared.diagnostics, loaded.sources, atStart);
    return prepared.failed ? undefined : prepared;
  }

  /** False after the reason was printed. */
  async start(prepared: PreparedResources): Promise<boolean> {
    try {
      await this.#server.runtime.start();
      await this.#server.startAdmin();
      await this.#apply(prepared);
    } catch (error) {
      log.critical(`cannot start: ${errorText(error)}`);
      return false;
    }
    this.#server.onInitialized();
    return true;
  }

  /** The order is Envoy's: static clusters, those of CDS, all of them warm; then listeners. */
  async #apply(prepared: PreparedResources): Promise<void> {
    const { managers, dynamic } = this.#server;
    await this.#server.prepareControlPlane();
    await applyClusters(prepared, managers);
    this.#server.startControlPlane();
    await dynamic.startClusters();
    await managers.clusters.whenWarm();
    const { names, failures } = await applyListeners(prepared, managers, this.#names);
    const gone = [...this.#names.clusters].filter((name) => !names.clusters.has(name));
    this.#names = names;
    removeClusters(gone, managers, (name) => this.#names.clusters.has(name));
    if (failures.length > 0) throw new ResourceError(failures);
    await dynamic.startListeners();
  }

  /**
   * A changed file is applied as a diff of resources; a bad one changes nothing and says why. One after the other.
   * Resolves when it is done, never rejects.
   */
  reload(reason: string): Promise<void> {
    this.#reloading = this.#reloading.then(() => this.#reload(reason));
    return this.#reloading;
  }

  async #reload(reason: string): Promise<void> {
    log.info(`reloading the configuration: ${reason}`);
    try {
      const loaded = await load(this.#options, this.#server.knownExtensions, false);
      // Listeners and clusters are read with the secrets that come with them.
      if (loaded !== undefined) this.#server.secrets.setStatic(loaded.bootstrap.secrets);
      const prepared = loaded === undefined ? undefined : await this.prepare(loaded, false);
      if (loaded === undefined || prepared === undefined) {
        this.#server.secrets.setStatic(this.#server.bootstrap.secrets);
        log.error('the configuration was not changed: the new one has errors (above)');
        return;
      }
      await this.#apply(prepared);
      const waiting = fieldsOfNextStart(this.#server.bootstrap.message, loaded.bootstrap.message);
      this.#server.adopt(loaded.bootstrap);
      log.info('the new configuration is in force');
      if (waiting.length > 0) log.warning(`changes of ${waiting.join(', ')} count from the next start on`);
    } catch (error) {
      log.error(`the new configuration is in force only in part: ${errorText(error)}`);
    }
  }

  /** Follows the bootstrap file. */
  watch(): void {
    const { configPath } = this.#options;
    if (configPath === '') return;
    if (!statSync(configPath).isFile()) {
      log.warning(`${configPath} is no regular file: it is not watched`);
      return;
    }
    const onGone = (): void => log.warning(`${configPath} is gone: what was read of it last stays in force`);
    const reload = (): void => void this.reload(`${configPath} changed`);
    this.#configWatch = new FileWatch(configPath, reload, [], { onGone, stableMs: watchStableMs });
  }

  stop(): void {
    this.#configWatch?.close();
  }
}
