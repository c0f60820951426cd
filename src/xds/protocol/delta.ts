// Owns what one stream has said and heard in the variant where responses are changes: names that come and go, the version
// of each resource, an answer for each nonce. Asked of the real Envoy: a refused response leaves the versions of all its
// resources as they were; on a new stream the first request of each type says what is here.
import { Interests } from './interests.ts';
import { KnownTypes } from './known-types.ts';
import { type DeltaRequest, type DiscoveryUpdate, type Refusal, wildcard } from './messages.ts';
import type { DiscoveryProtocol } from './protocol.ts';

interface Answer {
  readonly nonce: string;
  readonly refusal: Refusal | null;
}

class TypeState {
  readonly interests = new Interests();
  /** Of what is here, by name. */
  readonly versions = new Map<string, string>();
  /** Not told yet. */
  readonly added = new Set<string>();
  readonly gone = new Set<string>();
  answers: Answer[] = [];
  /** The stream has heard of this type. */
  introduced = false;

  forgetUnwanted(): void {
    for (const name of this.versions.keys()) if (!this.interests.wants(name)) this.versions.delete(name);
  }
}

const none: ReadonlyMap<string, string> = new Map();

export class Delta extends KnownTypes<TypeState> implements DiscoveryProtocol<DeltaRequest> {
  protected makeState(): TypeState {
    return new TypeState();
  }

  subscribe(typeUrl: string, name: string): void {
    const state = this.stateOf(typeUrl);
    if (!state.interests.add(name)) return;
    state.gone.delete(name);
    state.added.add(name);
    this.push(typeUrl);
  }

  unsubscribe(typeUrl: string, name: string): void {
    const state = this.types.get(typeUrl);
    if (state?.interests.remove(name) !== true) return;
    state.added.delete(name);
    state.gone.add(name);
    if (name === wildcard) state.forgetUnwanted();
    else if (!state.interests.wantsAll) state.versions.delete(name);
    this.push(typeUrl);
  }

  protected onNewStream(state: TypeState): void {
    state.introduced = false;
    state.answers = [];
    state.gone.clear();
  }

  next(): DeltaRequest | null {
    for (;;) {
      const typeUrl = this.open ? this.queue.take() : null;
      if (typeUrl === null) return null;
      const request = this.#request(typeUrl, this.types.get(typeUrl) as TypeState);
      if (request !== null) return request;
    }
  }

  /** Null when what there was to say has become nothing. */
  #request(typeUrl: string, state: TypeState): DeltaRequest | null {
    const answer = state.answers.shift();
    // One request for each nonce.
    if (state.answers.length > 0) this.queue.push(typeUrl);
    const responseNonce = answer?.nonce ?? '';
    const refusal = answer?.refusal ?? null;
    const { added, gone } = state;
    if (!state.introduced) {
      if (state.interests.isEmpty) return null;
      state.introduced = true;
      added.clear();
      gone.clear();
      const initialVersions = new Map(state.versions);
      return { typeUrl, responseNonce, subscribe: state.interests.list(), unsubscribe: [], initialVersions, refusal };
    }
    if (answer === undefined && added.size === 0 && gone.size === 0) return null;
    const subscribe = [...added];
    const unsubscribe = [...gone];
    added.clear();
    gone.clear();
    return { typeUrl, responseNonce, subscribe, unsubscribe, initialVersions: none, refusal };
  }

  accept(update: DiscoveryUpdate, current: boolean): void {
    const state = this.types.get(update.typeUrl);
    if (state === undefined) return;
    for (const { name, version } of update.resources)
      if (state.interests.wants(name)) state.versions.set(name, version);
    for (const name of update.removed) state.versions.delete(name);
    if (current) this.answer(update, null);
  }

  protected onAnswer(state: TypeState, nonce: string, refusal: Refusal | null): void {
    state.answers.push({ nonce, refusal });
  }

  expire(typeUrl: string, name: string): void {
    this.types.get(typeUrl)?.versions.delete(name);
  }
}
