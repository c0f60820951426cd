// Owns the subscriptions to secrets (SDS): one for each source, name and kind, however many TLS contexts use it; the last
// user's release ends it.
import type { Message } from '@bufbuild/protobuf';
import type { Clock } from '../base/clock.ts';
import type { ConfigContext } from '../config/api.ts';
import type { StatsScope } from '../observability/stats/api.ts';
import type { SecretProvider, SecretReference, SecretSubscriber } from '../tls/secrets/subscription.ts';
import { SharedSecret } from './shared-secret.ts';
import { type ConfigSourceMessage, type ResourceSource, readConfigSource } from './source-config.ts';
import { subscriptionStats } from './subscription-stats.ts';
import { type Subscription, type Subscriptions, sourceKey } from './subscriptions.ts';

/** What subscriptions need of the process. */
export interface SecretSubscriptionServices {
  readonly stats: StatsScope;
  readonly clock: Clock;
}

interface Entry {
  readonly secret: SharedSecret;
  readonly subscription: Subscription;
  readonly scope: StatsScope;
  readonly ready: Promise<void>;
  users: number;
}

export class SecretSubscriptions implements SecretSubscriber {
  readonly #services: SecretSubscriptionServices;
  readonly #subscriptions: Subscriptions;
  readonly #entries = new Map<string, Entry>();

  constructor(services: SecretSubscriptionServices, subscriptions: Subscriptions) {
    this.#services = services;
    this.#subscriptions = subscriptions;
  }

  check(reference: SecretReference, config: ConfigContext): boolean {
    return readSource(reference, config) !== undefined;
  }

  subscribe(reference: SecretReference, config: ConfigContext): SecretProvider<Message> | undefined {
    const source = readSource(reference, config);
    if (source === undefined) return undefined;
    const key = `${reference.kind}\0${reference.name}\0${sourceKey(source)}`;
    const entry = this.#entries.get(key) ?? this.#open(key, reference, source);
    entry.users++;
    return new SecretUser(entry, () => this.#release(key, entry));
  }

  #open(key: string, { name, kind }: SecretReference, source: ResourceSource): Entry {
    const { stats, clock } = this.#services;
    const scope = stats.scope(`sds.${name}.`);
    const secret = new SharedSecret(name, kind, scope, clock, this.#subscriptions.config);
    const wanted = { typeName: 'envoy.extensions.transport_sockets.tls.v3.Secret', name };
    const subscription = this.#subscriptions.open(source, wanted, secret, subscriptionStats(scope));
    // A file that cannot be read, or is refused, must not keep listeners waiting: they refuse their connections.
    const entry: Entry = { secret, subscription, scope, ready: subscription.start(), users: 0 };
    this.#entries.set(key, entry);
    return entry;
  }

  #release(key: string, entry: Entry): void {
    if (--entry.users > 0) return;
    this.#entries.delete(key);
    entry.subscription.stop();
    entry.secret.stop();
    entry.scope.close();
  }

  /** For /config_dump. */
  *all(): Iterable<SharedSecret> {
    for (const { secret } of this.#entries.values()) yield secret;
  }

  stop(): void {
    for (const { subscription, secret } of this.#entries.values()) {
      subscription.stop();
      secret.stop();
    }
  }
}

/** One user's hold on a shared secret. */
class SecretUser implements SecretProvider<Message> {
  readonly ready: Promise<void>;
  readonly #secret: SharedSecret;
  readonly #onRelease: () => void;
  #released = false;

  constructor({ secret, ready }: Entry, onRelease: () => void) {
    this.#secret = secret;
    this.ready = ready;
    this.#onRelease = onRelease;
  }

  get value(): Message | undefined {
    return this.#secret.value;
  }

  get problem(): string {
    return this.#secret.problem;
  }

  subscribe(onChange: (config: ConfigContext) => void): () => void {
    return this.#secret.subscribe(onChange);
  }

  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#onRelease();
  }
}

function readSource({ source, owner }: SecretReference, config: ConfigContext): ResourceSource | undefined {
  return readConfigSource(source as ConfigSourceMessage | undefined, owner, config);
}
