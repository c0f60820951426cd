// Owns a subscription to resources in a file: a DiscoveryResponse in YAML or JSON, read again whenever it changes. What
// is wrong with it changes nothing and is said with file, line and column.

import { readFile } from 'node:fs/promises';
import { contain } from '../base/assert.ts';
import type { Clock } from '../base/clock.ts';
import { errorText } from '../base/error-text.ts';
import { FileWatch } from '../base/file-watch.ts';
import { logger } from '../base/logger.ts';
import {
  ConfigContext,
  type ConfigOptions,
  type Diagnostic,
  formatDiagnostic,
  formatOfFile,
  hasErrors,
  hidePrivateParts,
  loadDiscoveryResponse,
  SourceLines,
} from '../config/api.ts';
import type { FileSource } from './source-config.ts';
import type { SubscriptionStats } from './subscription-stats.ts';

const log = logger('config');

export type Resources = NonNullable<Awaited<ReturnType<typeof loadDiscoveryResponse>>['message']>['resources'];

export interface ResourceHandler {
  /** No line of the file may be shown in a log. */
  readonly isSecret?: boolean;
  /**
   * Applies what it can; what it cannot it reports to the context, which makes the update count as rejected. What stands
   * in `refused` too must not be applied (it was reported), yet it is named: its last good version stays.
   */
  onResources(
    resources: Resources,
    version: string,
    context: ConfigContext,
    refused: ReadonlySet<Resources[number]>,
  ): Promise<void> | void;
}

/** What became of the last update, for the admin and `remora xds`. */
export interface SubscriptionState {
  version: string;
  rejectedVersion: string;
  rejectedReason: string;
}

export class FileSubscription {
  readonly state: SubscriptionState = { version: '', rejectedVersion: '', rejectedReason: '' };
  readonly #source: FileSource;
  readonly #handler: ResourceHandler;
  readonly #stats: SubscriptionStats;
  readonly #clock: Clock;
  readonly #options: ConfigOptions;
  #watch: FileWatch | null = null;
  #loading: Promise<void> = Promise.resolve();
  /** Warnings of the last update: what stays as it was is not said again. */
  #warned: ReadonlySet<string> = new Set();

  constructor(
    source: FileSource,
    handler: ResourceHandler,
    stats: SubscriptionStats,
    clock: Clock,
    options: ConfigOptions,
  ) {
    this.#source = source;
    this.#handler = handler;
    this.#stats = stats;
    this.#clock = clock;
    this.#options = options;
  }

  /** Resolves when the file was read and applied, or refused. */
  start(): Promise<void> {
    const { path, watchedDirectory } = this.#source;
    const onGone = (): void => log.warning(`${path} is gone: the resources read from it last stay in force`);
    const directories = watchedDirectory === '' ? [] : [watchedDirectory];
    this.#watch = new FileWatch(path, () => this.#reload(), directories, { onGone });
    return this.#reload();
  }

  stop(): void {
    this.#watch?.close();
    this.#watch = null;
  }

  /** One update after the other. Never rejects. */
  #reload(): Promise<void> {
    this.#loading = this.#loading.then(async () => {
      try {
        if (this.#watch !== null) await this.#load();
      } catch (error) {
        this.#stats.updateRejected.inc();
        contain(`the update from ${this.#source.path}`, error);
      }
    });
    return this.#loading;
  }

  async #load(): Promise<void> {
    const { path } = this.#source;
    const started = this.#clock.monotonic();
    this.#stats.updateAttempt.inc();
    let text: string;
    try {
      text = await readFile(path, 'utf8');
    } catch (error) {
      this.#stats.updateFailure.inc();
      log.warning(`cannot read resources from ${path}: ${errorText(error)}`);
      return;
    }
    const source = { name: path, format: formatOfFile(path), text };
    const { message, diagnostics, refused } = await loadDiscoveryResponse(source, this.#options);
    // Stopped meanwhile: whoever asked is gone.
    if (this.#watch === null) return;
    if (message === undefined) {
      // What cannot be read counts as if nothing had come; what breaks the rules of the API was refused.
      const unreadable = diagnostics.some(({ severity, code }) => severity === 'error' && code.startsWith('RMR01'));
      (unreadable ? this.#stats.updateFailure : this.#stats.updateRejected).inc();
      this.#refuse('', diagnostics, text);
      return;
    }
    const context = new ConfigContext(this.#options);
    const { resources, versionInfo } = message;
    const unusable = new Set(resources.filter((_, index) => refused.has(index)));
    await this.#handler.onResources(resources, versionInfo, context, unusable);
    const found = [...diagnostics, ...(await context.takeDiagnostics())];
    this.#warn(found, text);
    if (hasErrors(found)) {
      this.#stats.updateRejected.inc();
      this.#refuse(message.versionInfo, found, text);
      return;
    }
    this.state.version = message.versionInfo;
    this.#stats.updateSuccess.inc();
    this.#stats.setVersion(message.versionInfo);
    this.#stats.setUpdateTime(this.#clock.wall());
    this.#stats.updateDuration.record(Math.round(this.#clock.monotonic() - started));
    log.debug(`resources of ${path} are in force, version '${message.versionInfo}'`);
  }

  #linesToShow(text: string): SourceLines | undefined {
    return this.#handler.isSecret === true ? undefined : new SourceLines(text);
  }

  #warn(found: readonly Diagnostic[], text: string): void {
    const lines = this.#linesToShow(text);
    const warnings = new Set<string>();
    for (const diagnostic of found) {
      if (diagnostic.severity !== 'warning') continue;
      const key = `${diagnostic.code} ${diagnostic.path} ${diagnostic.message}`;
      warnings.add(key);
      if (!this.#warned.has(key)) log.warning(formatDiagnostic(diagnostic, lines));
    }
    this.#warned = warnings;
  }

  #refuse(version: string, diagnostics: readonly Diagnostic[], text: string): void {
    this.state.rejectedVersion = version;
    const reasons = diagnostics.map((diagnostic) => `${diagnostic.path}: ${diagnostic.message}`);
    this.state.rejectedReason = hidePrivateParts(reasons.join('; '));
    const lines = this.#linesToShow(text);
    for (const diagnostic of diagnostics) {
      if (diagnostic.severity === 'error') log.warning(formatDiagnostic(diagnostic, lines));
    }
    log.warning(
      `the update from ${this.#source.path} was refused: of what has errors the last good version stays in force`,
    );
  }
}
