// Owns who gets what of a discovery stream: subscriptions ask for names or for all of a type, updates are cut up among
// them, and what they say of them becomes the answer. Handlers see the state of their resources, whichever variant of the
// protocol the stream speaks: of changes, what is here otherwise is kept.
import type { Clock } from '../base/clock.ts';
import type { Timers } from '../base/timers.ts';
import {
  ConfigContext,
  type ConfigOptions,
  type Diagnostic,
  decodeResources,
  hasErrors,
  hidePrivateParts,
  type ReceivedResource,
} from '../config/api.ts';
import type { UpdateHandler } from './protocol/discovery-stream.ts';
import { type DiscoveryUpdate, type NamedResource, type Refusal, wildcard } from './protocol/messages.ts';
import type { DiscoveryProtocol } from './protocol/protocol.ts';
import { TimeToLive } from './protocol/time-to-live.ts';

/** A subscription, as the stream sees it. */
export interface ResourceWatcher {
  /** Puts them in force as far as they can be, and says what is wrong with them. */
  onResources(resources: readonly ReceivedResource[], version: string): Promise<readonly Diagnostic[]>;
  /** Nothing of the update could be used. */
  onRefused(version: string, reasons: readonly Diagnostic[]): void;
  onDisconnected(): void;
}

class WatchedType {
  readonly watchers = new Map<string, Set<ResourceWatcher>>();
  /** Of all that is here (delta, for who wants everything): by name. */
  readonly present = new Map<string, ReceivedResource>();
  /** Of the last update. */
  version = '';
  readonly lives: TimeToLive;

  constructor(lives: TimeToLive) {
    this.lives = lives;
  }

  of(name: string): Set<ResourceWatcher> {
    let found = this.watchers.get(name);
    if (found === undefined) {
      found = new Set();
      this.watchers.set(name, found);
    }
    return found;
  }
}

/** Codes as the real Envoy's: 13, whatever is wrong. */
const refusalCode = 13;
/** Characters of error_detail. */
const longestReason = 16_384;

export interface MuxOptions {
  readonly protocol: Pick<DiscoveryProtocol<unknown>, 'subscribe' | 'unsubscribe' | 'expire'>;
  /** Responses are changes, not the whole state. */
  readonly delta: boolean;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly config: ConfigOptions;
  /** What is wanted has changed: the stream may have something to say. */
  readonly flush: () => void;
}

export class ResourceMux implements UpdateHandler {
  readonly #options: MuxOptions;
  readonly #types = new Map<string, WatchedType>();

  constructor(options: MuxOptions) {
    this.#options = options;
  }

  /** `name` may be `*`. Returns what ends the subscription. */
  watch(typeUrl: string, name: string, watcher: ResourceWatcher): () => void {
    const { protocol, flush, clock, timers } = this.#options;
    let type = this.#types.get(typeUrl);
    if (type === undefined) {
      type = new WatchedType(new TimeToLive(clock, timers, (names) => void this.#expire(typeUrl, names)));
      this.#types.set(typeUrl, type);
    }
    const watchers = type.of(name);
    watchers.add(watcher);
    protocol.subscribe(typeUrl, name);
    flush();
    return () => {
      if (!watchers.delete(watcher)) return;
      if (watchers.size === 0) type.watchers.delete(name);
      protocol.unsubscribe(typeUrl, name);
      flush();
    };
  }

  stop(): void {
    for (const type of this.#types.values()) type.lives.stop();
  }

  onDisconnected(): void {
    for (const { watchers } of this.#types.values())
      for (const set of watchers.values()) for (const watcher of set) watcher.onDisconnected();
  }

  async apply(update: DiscoveryUpdate): Promise<Refusal | null> {
    const type = this.#types.get(update.typeUrl);
    if (type === undefined) return null;
    const context = new ConfigContext(this.#options.config);
    const carried = update.resources.filter(({ resource }) => resource !== null);
    const received = await decodeResources(
      carried.flatMap(({ resource }) => (resource === null ? [] : [resource])),
      context,
    );
    const found = [...(await context.takeDiagnostics()), ...doubles(received), ...misnamed(carried, received)];
    // As in Envoy nothing of an update is used that has a resource which cannot be read.
    if (hasErrors(found)) {
      for (const watcher of this.#concerned(type, received)) watcher.onRefused(update.version, found);
      return refusalOf(found);
    }
    this.#noteLives(type, update, received);
    type.version = update.version;
    if (update.resources.length > 0 && carried.length === 0 && update.removed.length === 0) return null;
    return this.#hand(type, update, received);
  }

  async #hand(
    type: WatchedType,
    { version, removed }: DiscoveryUpdate,
    received: readonly ReceivedResource[],
  ): Promise<Refusal | null> {
    const problems: Diagnostic[] = [];
    const forAll = type.watchers.get(wildcard);
    if (forAll !== undefined) {
      const resources = this.#options.delta ? stateWith(type.present, received, removed) : received;
      for (const watcher of [...forAll]) problems.push(...(await watcher.onResources(resources, version)));
      if (this.#options.delta) keep(type.present, received, removed, problems);
    }
    for (const resource of received) {
      const named = type.watchers.get(resource.name);
      if (named === undefined) continue;
      for (const watcher of [...named]) problems.push(...(await watcher.onResources([resource], version)));
    }
    return hasErrors(problems) ? refusalOf(problems) : null;
  }

  #concerned(type: WatchedType, received: readonly ReceivedResource[]): Set<ResourceWatcher> {
    const watchers = new Set<ResourceWatcher>(type.watchers.get(wildcard));
    for (const { name } of received) for (const watcher of type.watchers.get(name) ?? []) watchers.add(watcher);
    return watchers;
  }

  #noteLives(type: WatchedType, update: DiscoveryUpdate, received: readonly ReceivedResource[]): void {
    let at = 0;
    for (const resource of update.resources) {
      const name = resource.resource === null ? resource.name : (received[at++]?.name ?? resource.name);
      type.lives.note({ ...resource, name });
    }
    for (const name of update.removed) type.lives.forget(name);
  }

  /** Their time is over: as if the server had taken them away. */
  async #expire(typeUrl: string, names: readonly string[]): Promise<void> {
    const type = this.#types.get(typeUrl);
    if (type === undefined) return;
    for (const name of names) {
      this.#options.protocol.expire(typeUrl, name);
      type.present.delete(name);
    }
    const remaining = [...type.present.values()];
    for (const watcher of type.watchers.get(wildcard) ?? []) await watcher.onResources(remaining, type.version);
    this.#options.flush();
  }
}

function stateWith(
  present: ReadonlyMap<string, ReceivedResource>,
  received: readonly ReceivedResource[],
  removed: readonly string[],
): ReceivedResource[] {
  const state = new Map(present);
  for (const name of removed) state.delete(name);
  for (const resource of received) state.set(resource.name, resource);
  return [...state.values()];
}

/** What was refused stays as it was: it must not be refused again with each change of something else. */
function keep(
  present: Map<string, ReceivedResource>,
  received: readonly ReceivedResource[],
  removed: readonly string[],
  problems: readonly Diagnostic[],
): void {
  for (const name of removed) present.delete(name);
  const bad = problems.filter(({ severity }) => severity === 'error');
  for (const resource of received) {
    const place = `[${JSON.stringify(resource.name)}]`;
    if (!bad.some(({ path }) => path.includes(place))) present.set(resource.name, resource);
  }
}

function problem(message: string): Diagnostic {
  return { code: 'RMR0902', severity: 'error', message, path: '' };
}

function doubles(received: readonly ReceivedResource[]): Diagnostic[] {
  const names = new Set<string>();
  const found: Diagnostic[] = [];
  for (const { name } of received) {
    if (names.has(name)) found.push(problem(`the update has two resources '${name}'`));
    names.add(name);
  }
  return found;
}

/** Delta names a resource beside it, and both names must be the same. */
function misnamed(carried: readonly NamedResource[], received: readonly ReceivedResource[]): Diagnostic[] {
  if (carried.length !== received.length) return [];
  return carried.flatMap(({ name }, i) => {
    const own = received[i]?.name ?? '';
    return name === '' || own === '' || name === own
      ? []
      : [problem(`the resource that the update calls '${name}' calls itself '${own}'`)];
  });
}

function refusalOf(found: readonly Diagnostic[]): Refusal {
  const reasons: string[] = [];
  for (const { severity, path, message } of found)
    if (severity === 'error') reasons.push(path === '' ? message : `${path}: ${message}`);
  return { code: refusalCode, message: hidePrivateParts(reasons.join('; ')).slice(0, longestReason) };
}
