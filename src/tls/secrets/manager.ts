// Owns the secrets of the process by name and kind. The bootstrap's static ones stand from the start; those of other
// sources come through `SecretSubscriber`, which the server gives (files, later control planes).
import { equals, type Message } from '@bufbuild/protobuf';
import { logger } from '../../base/logger.ts';
import { ConfigContext, messageDescriptor } from '../../config/api.ts';
import type { SecretKind, SecretListener, SecretProvider, SecretReference, Secrets } from './api.ts';
import { CertificateInventory } from './inventory.ts';

const log = logger('secret');

/** Opens subscriptions; a provider lives as long as somebody uses it. */
export interface SecretSubscriber {
  subscribe(reference: SecretReference, config: ConfigContext): SecretProvider<Message> | undefined;
  check(reference: SecretReference, config: ConfigContext): boolean;
}

export interface NamedSecret {
  readonly name: string;
  readonly kind: SecretKind;
  readonly value: Message;
  /** The Secret message. */
  readonly message: Message;
}

export class SecretManager implements Secrets {
  readonly inUse = new CertificateInventory();
  readonly #static = new Map<string, StaticSecret>();
  readonly #subscriber: SecretSubscriber | null;

  constructor(subscriber: SecretSubscriber | null) {
    this.#subscriber = subscriber;
  }

  /** Replaces the static secrets, at start and when a reload brought other ones. */
  setStatic(secrets: Iterable<NamedSecret>): void {
    const left = new Map(this.#static);
    for (const secret of secrets) {
      const key = `${secret.kind} ${secret.name}`;
      const present = left.get(key);
      left.delete(key);
      if (present === undefined) this.#static.set(key, new StaticSecret(secret));
      else present.set(secret);
    }
    for (const key of left.keys()) this.#static.delete(key);
  }

  find(reference: SecretReference, config: ConfigContext): SecretProvider<Message> | undefined {
    if (reference.source !== undefined) return this.#subscriber?.subscribe(reference, config);
    return this.#findStatic(reference, config);
  }

  check(reference: SecretReference, config: ConfigContext): boolean {
    if (reference.source !== undefined) return this.#subscriber?.check(reference, config) ?? false;
    return this.#findStatic(reference, config) !== undefined;
  }

  #findStatic({ owner, name, kind }: SecretReference, config: ConfigContext): StaticSecret | undefined {
    const found = this.#static.get(`${kind} ${name}`);
    if (found === undefined) {
      const text = `there is no static secret '${name}' of the kind ${kind}, and sds_config does not say where else it is`;
      config.error(owner, 'name', 'RMR0801', text);
    }
    return found;
  }

  /** For /config_dump. */
  staticSecrets(): Iterable<{ readonly name: string; readonly message: Message }> {
    return this.#static.values();
  }
}

class StaticSecret implements SecretProvider<Message> {
  readonly name: string;
  value: Message;
  message: Message;
  readonly ready = Promise.resolve();
  readonly problem = '';
  readonly #listeners = new Set<SecretListener>();

  constructor({ name, value, message }: NamedSecret) {
    this.name = name;
    this.value = value;
    this.message = message;
  }

  set({ value, message }: NamedSecret): void {
    if (equals(messageDescriptor(value.$typeName), value, this.value)) return;
    this.value = value;
    this.message = message;
    const config = new ConfigContext();
    for (const onChange of this.#listeners) onChange(config);
    void config.takeDiagnostics().then((found) => {
      for (const { message: text } of found) log.warning(`the static secret '${this.name}' is not taken: ${text}`);
    });
  }

  subscribe(onChange: SecretListener): () => void {
    this.#listeners.add(onChange);
    return () => this.#listeners.delete(onChange);
  }

  release(): void {}
}
