// Owns what one stream has said and heard in the variant where each response is the whole state of a type: versions,
// nonces, answers. Asked of the real Envoy: first requests carry the version of the stream before and no nonce; a refusal
// repeats the version in force; names that change meanwhile go out with the last version and nonce.
import { Interests } from './interests.ts';
import { KnownTypes } from './known-types.ts';
import { type DiscoveryUpdate, type Refusal, type StateRequest, wildcard } from './messages.ts';
import type { DiscoveryProtocol } from './protocol.ts';

interface TypeState {
  readonly interests: Interests;
  version: string;
  nonce: string;
  refusal: Refusal | null;
}

export class StateOfTheWorld extends KnownTypes<TypeState> implements DiscoveryProtocol<StateRequest> {
  protected makeState(): TypeState {
    return { interests: new Interests(), version: '', nonce: '', refusal: null };
  }

  subscribe(typeUrl: string, name: string): void {
    if (this.stateOf(typeUrl).interests.add(name)) this.push(typeUrl);
  }

  unsubscribe(typeUrl: string, name: string): void {
    const state = this.types.get(typeUrl);
    if (state?.interests.remove(name) !== true) return;
    // Nobody is left to whom all of a type could mean anything: an empty list would ask for just that.
    if (state.interests.isEmpty && name === wildcard) return;
    this.push(typeUrl);
  }

  protected onNewStream(state: TypeState): void {
    state.nonce = '';
    state.refusal = null;
  }

  next(): StateRequest | null {
    const typeUrl = this.open ? this.queue.take() : null;
    if (typeUrl === null) return null;
    const state = this.types.get(typeUrl) as TypeState;
    const { version, nonce, refusal } = state;
    state.refusal = null;
    return { typeUrl, versionInfo: version, responseNonce: nonce, resourceNames: state.interests.list(), refusal };
  }

  accept(update: DiscoveryUpdate, current: boolean): void {
    const state = this.types.get(update.typeUrl);
    if (state === undefined) return;
    state.version = update.version;
    if (current) this.answer(update, null);
  }

  protected onAnswer(state: TypeState, nonce: string, refusal: Refusal | null): void {
    state.nonce = nonce;
    state.refusal = refusal;
  }

  /** The next response says anyway what there is. */
  expire(): void {}
}
