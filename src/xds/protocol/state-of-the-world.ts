// Owns what one stream has said and heard in the variant where each response is the whole state of a type: versions,
// nonces, answers. Asked of the real Envoy: first requests carry the version of the stream before and no nonce; a refusal
// repeats the version in force; names that change meanwhile go out with the last version and nonce.
import { Interests } from './interests.ts';
import { type DiscoveryUpdate, type Refusal, type StateRequest, wildcard } from './messages.ts';
import type { DiscoveryProtocol } from './protocol.ts';
import { RequestQueue } from './request-queue.ts';

interface TypeState {
  readonly interests: Interests;
  version: string;
  nonce: string;
  refusal: Refusal | null;
}

export class StateOfTheWorld implements DiscoveryProtocol<StateRequest> {
  /** In the order of their first subscription, which is that of a new stream. */
  readonly #types = new Map<string, TypeState>();
  readonly #queue = new RequestQueue();
  #open = false;

  subscribe(typeUrl: string, name: string): void {
    let state = this.#types.get(typeUrl);
    if (state === undefined) {
      state = { interests: new Interests(), version: '', nonce: '', refusal: null };
      this.#types.set(typeUrl, state);
    }
    if (state.interests.add(name)) this.#push(typeUrl);
  }

  unsubscribe(typeUrl: string, name: string): void {
    const state = this.#types.get(typeUrl);
    if (state?.interests.remove(name) !== true) return;
    // Nobody is left to whom all of a type could mean anything: an empty list would ask for just that.
    if (state.interests.isEmpty && name === wildcard) return;
    this.#push(typeUrl);
  }

  #push(typeUrl: string): void {
    if (this.#open) this.#queue.push(typeUrl);
  }

  pause(typeUrl: string): void {
    this.#queue.pause(typeUrl);
  }

  resume(typeUrl: string): void {
    this.#queue.resume(typeUrl);
  }

  onStreamOpened(): void {
    this.#open = true;
    this.#queue.clear();
    for (const [typeUrl, state] of this.#types) {
      state.nonce = '';
      state.refusal = null;
      if (!state.interests.isEmpty) this.#queue.push(typeUrl);
    }
  }

  onStreamClosed(): void {
    this.#open = false;
    this.#queue.clear();
  }

  next(): StateRequest | null {
    const typeUrl = this.#open ? this.#queue.take() : null;
    if (typeUrl === null) return null;
    const state = this.#types.get(typeUrl) as TypeState;
    const { version, nonce, refusal } = state;
    state.refusal = null;
    return { typeUrl, versionInfo: version, responseNonce: nonce, resourceNames: state.interests.list(), refusal };
  }

  wants(typeUrl: string): boolean {
    return this.#types.get(typeUrl)?.interests.isEmpty === false;
  }

  accept(update: DiscoveryUpdate, current: boolean): void {
    const state = this.#types.get(update.typeUrl);
    if (state === undefined) return;
    state.version = update.version;
    if (current) this.#answer(update, null);
  }

  refuse(update: DiscoveryUpdate, refusal: Refusal, current: boolean): void {
    if (current) this.#answer(update, refusal);
  }

  #answer({ typeUrl, nonce }: DiscoveryUpdate, refusal: Refusal | null): void {
    const state = this.#types.get(typeUrl);
    if (state === undefined || !this.#open) return;
    state.nonce = nonce;
    state.refusal = refusal;
    this.#queue.push(typeUrl);
  }

  /** The next response says anyway what there is. */
  expire(): void {}

  get pending(): number {
    return this.#queue.size;
  }
}
