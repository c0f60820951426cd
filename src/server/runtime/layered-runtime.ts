// Owns the layers of the runtime and the values in force. Every change (a swapped folder, /runtime_modify, a reload of the
// bootstrap) makes them anew from all layers, as in Envoy.
import { realpathSync, statSync } from 'node:fs';
import { errorText } from '../../base/error-text.ts';
import { FileWatch } from '../../base/file-watch.ts';
import { logger } from '../../base/logger.ts';
import type { Runtime, RuntimeShare } from '../../base/runtime.ts';
import { parseYaml } from '../../config/api.ts';
import type { StatsScope } from '../../observability/stats/api.ts';
import { readDiskLayer } from './disk-layer.ts';
import { type RuntimeEntry, runtimeEntry } from './entry.ts';
import type { RuntimeLayerConfig } from './runtime-config.ts';
import { type RuntimeStats, runtimeStats } from './stats.ts';

const log = logger('runtime');

type Entries = ReadonlyMap<string, RuntimeEntry>;

/** What /runtime shows of a layer. */
export interface LoadedLayer {
  readonly name: string;
  readonly entries: Entries;
}

const nothing: Entries = new Map();

/** Envoy reads all layers twice before it serves, and counts it. */
const loadsAtStart = 2;

/** Switches in Envoy's own code; here they are keys without a reader. */
const featureKey = /^envoy\.(?:reloadable|restart)_features\./;

/** Keys come from outside: what is remembered of them has an end. */
const maxWarned = 1000;

export class LayeredRuntime implements Runtime {
  version = 0;
  readonly stats: RuntimeStats;
  #config: readonly RuntimeLayerConfig[];
  #loaded: readonly LoadedLayer[] = [];
  #values: Entries = nothing;
  /** Set by the operator: they outlive a reload of the bootstrap. */
  #admin: Entries = nothing;
  #watches: FileWatch[] = [];
  #loading: Promise<unknown> = Promise.resolve();
  #started = false;
  readonly #warned = new Set<string>();

  /** Disk layers are empty until `start`. `stats` is the scope without prefix. */
  constructor(config: readonly RuntimeLayerConfig[], stats: StatsScope) {
    this.#config = config;
    this.stats = runtimeStats(stats);
    this.#take(this.#withoutDisk());
  }

  /** Reads the disk layers and watches them. Never rejects. */
  start(): Promise<void> {
    for (const layer of this.#config) {
      if (layer.kind !== 'disk') continue;
      const reload = (): void => {
        log.info(`${layer.root} has changed: the runtime is read again`);
        void this.#reload();
      };
      this.#watches.push(new FileWatch(layer.root, reload, [], { identity: identityOf }));
    }
    return this.#reload(this.#started ? 1 : loadsAtStart);
  }

  stop(): void {
    for (const watch of this.#watches) watch.close();
    this.#watches = [];
  }

  /** Other layers, from a reload of the bootstrap. */
  async replace(config: readonly RuntimeLayerConfig[]): Promise<void> {
    this.stop();
    this.#config = config;
    await this.start();
  }

  get hasAdminLayer(): boolean {
    return this.#config.some(({ kind }) => kind === 'admin');
  }

  get layers(): readonly LoadedLayer[] {
    return this.#loaded;
  }

  /** An empty value removes the key. All or nothing: what is wrong with a value is returned in words, else null. */
  async setInAdminLayer(values: ReadonlyMap<string, string>): Promise<string | null> {
    const parsed: [key: string, entry: RuntimeEntry | null][] = [];
    for (const [key, text] of values) {
      const read = text === '' ? null : await parseYaml(text);
      if (read !== null && 'problem' in read) return `the value of ${key} is no YAML: ${read.problem}`;
      parsed.push([key, read === null ? null : runtimeEntry(read.value, text)]);
    }
    // Only now, without an await between: another order may have come in meanwhile.
    const next = new Map(this.#admin);
    for (const [key, entry] of parsed) {
      if (entry === null) next.delete(key);
      else next.set(key, entry);
    }
    this.#admin = next;
    this.stats.adminOverridesActive.set(next.size === 0 ? 0 : 1);
    await this.#reload();
    return null;
  }

  number(key: string, defaultValue: number): number {
    return this.#values.get(key)?.number ?? defaultValue;
  }

  integer(key: string, defaultValue: number): number {
    const number = this.#values.get(key)?.number;
    return number === undefined || number < 0 ? defaultValue : Math.trunc(number);
  }

  boolean(key: string, defaultValue: boolean): boolean {
    return this.#values.get(key)?.boolean ?? defaultValue;
  }

  share(key: string): RuntimeShare | undefined {
    const entry = this.#values.get(key);
    if (entry?.share !== undefined) return entry.share;
    const number = entry?.number;
    return number === undefined || number < 0 ? undefined : { numerator: Math.trunc(number), denominator: 100 };
  }

  /** One after the other. */
  #reload(counted = 1): Promise<void> {
    this.#started = true;
    const next = this.#loading.then(() => this.#load(counted));
    this.#loading = next;
    return next;
  }

  async #load(counted: number): Promise<void> {
    const config = this.#config;
    const loaded: LoadedLayer[] = [];
    let onDisk = 0;
    let failed = 0;
    for (const layer of config) {
      if (layer.kind !== 'disk') {
        loaded.push({ name: layer.name, entries: this.#entriesOf(layer) });
        continue;
      }
      try {
        const entries = await readDiskLayer(layer.folder);
        if (entries === null) {
          log.info(`runtime layer '${layer.name}': there is no folder ${layer.folder}`);
          continue;
        }
        loaded.push({ name: layer.name, entries });
        onDisk++;
      } catch (error) {
        failed++;
        log.warning(`runtime layer '${layer.name}' is left out: ${errorText(error)}`);
      }
    }
    this.#take(loaded);
    const { stats } = this;
    (failed === 0 ? stats.loadSuccess : stats.loadError).add(counted);
    // As in Envoy: an override is a second folder over a first.
    (onDisk > 1 ? stats.overrideDirExists : stats.overrideDirNotExists).add(counted);
  }

  #withoutDisk(): LoadedLayer[] {
    return this.#config
      .filter(({ kind }) => kind !== 'disk')
      .map((layer) => ({ name: layer.name, entries: this.#entriesOf(layer) }));
  }

  #entriesOf(layer: RuntimeLayerConfig): Entries {
    return layer.kind === 'static' ? layer.entries : layer.kind === 'admin' ? this.#admin : nothing;
  }

  #take(loaded: readonly LoadedLayer[]): void {
    const values = new Map<string, RuntimeEntry>();
    for (const { entries } of loaded) for (const [key, entry] of entries) values.set(key, entry);
    this.#loaded = loaded;
    this.#values = values;
    this.version++;
    this.stats.numKeys.set(values.size);
    this.stats.numLayers.set(loaded.length);
    for (const key of values.keys()) {
      if (!featureKey.test(key) || this.#warned.has(key) || this.#warned.size === maxWarned) continue;
      this.#warned.add(key);
      log.warning(`runtime key ${key} is a switch in Envoy's own code: it changes nothing in Remora`);
    }
  }
}

/** Changes when a link on the way to the folder is swapped, or the folder itself; empty while it is not there. */
function identityOf(path: string): string {
  try {
    const { dev, ino } = statSync(path, { bigint: true });
    return `${realpathSync(path)} ${dev}:${ino}`;
  } catch {
    return '';
  }
}
