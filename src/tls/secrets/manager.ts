// Owns the secrets of the process by name and kind. The bootstrap's static ones stand from the start; those of other
// sources come through `subscribe`, which the server gives (files, later control planes).
import type { Message } from '@bufbuild/protobuf';
import type { SecretKind, SecretProvider, Secrets } from './api.ts';

/** Opens a subscription to one secret; the provider lives as long as somebody uses it. */
export type SecretSubscriber = (name: string, kind: SecretKind, source: Message) => SecretProvider<Message>;

export class SecretManager implements Secrets {
  readonly #static = new Map<string, StaticSecret>();
  readonly #subscribe: SecretSubscriber | null;

  constructor(subscribe: SecretSubscriber | null) {
    this.#subscribe = subscribe;
  }

  /** Replaces the static secrets, at start and when a reload brought other ones. */
  setStatic(secrets: Iterable<{ readonly name: string; readonly kind: SecretKind; readonly value: Message }>): void {
    const left = new Map(this.#static);
    for (const { name, kind, value } of secrets) {
      const key = `${kind} ${name}`;
      const present = left.get(key);
      left.delete(key);
      if (present === undefined) this.#static.set(key, new StaticSecret(value));
      else present.set(value);
    }
    for (const key of left.keys()) this.#static.delete(key);
  }

  find(name: string, kind: SecretKind, source: Message | undefined): SecretProvider<Message> | undefined {
    if (source === undefined) return this.#static.get(`${kind} ${name}`);
    return this.#subscribe?.(name, kind, source);
  }
}

class StaticSecret implements SecretProvider<Message> {
  value: Message;
  readonly ready = Promise.resolve();
  readonly #listeners = new Set<() => void>();

  constructor(value: Message) {
    this.value = value;
  }

  set(value: Message): void {
    if (value === this.value) return;
    this.value = value;
    for (const onChange of this.#listeners) onChange();
  }

  subscribe(onChange: () => void): () => void {
    this.#listeners.add(onChange);
    return () => this.#listeners.delete(onChange);
  }

  release(): void {}
}
