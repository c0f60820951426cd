// Owns what both variants of the protocol keep alike: a state for each type that was ever subscribed to, whose turn it is on the
// stream, and whether there is one.
import type { Interests } from './interests.ts';
import type { DiscoveryUpdate, Refusal } from './messages.ts';
import { RequestQueue } from './request-queue.ts';

/** `S`: what the variant knows of a type. */
export abstract class KnownTypes<S extends { readonly interests: Interests }> {
  /** In the order of their first subscription, which is that of a new stream. */
  protected readonly types = new Map<string, S>();
  protected readonly queue = new RequestQueue();
  protected open = false;

  protected abstract makeState(): S;
  /** A stream begins: nothing was said on it yet. */
  protected abstract onNewStream(state: S): void;
  /** The response of that nonce was taken, or refused. */
  protected abstract onAnswer(state: S, nonce: string, refusal: Refusal | null): void;

  /** Makes it where there is none. */
  protected stateOf(typeUrl: string): S {
    let state = this.types.get(typeUrl);
    if (state === undefined) {
      state = this.makeState();
      this.types.set(typeUrl, state);
    }
    return state;
  }

  protected push(typeUrl: string): void {
    if (this.open) this.queue.push(typeUrl);
  }

  pause(typeUrl: string): void {
    this.queue.pause(typeUrl);
  }

  resume(typeUrl: string): void {
    this.queue.resume(typeUrl);
  }

  onStreamOpened(): void {
    this.open = true;
    this.queue.clear();
    for (const [typeUrl, state] of this.types) {
      this.onNewStream(state);
      if (!state.interests.isEmpty) this.queue.push(typeUrl);
    }
  }

  onStreamClosed(): void {
    this.open = false;
    this.queue.clear();
  }

  wants(typeUrl: string): boolean {
    return this.types.get(typeUrl)?.interests.isEmpty === false;
  }

  refuse(update: DiscoveryUpdate, refusal: Refusal, current: boolean): void {
    if (current) this.answer(update, refusal);
  }

  protected answer({ typeUrl, nonce }: DiscoveryUpdate, refusal: Refusal | null): void {
    const state = this.types.get(typeUrl);
    if (state === undefined || !this.open) return;
    this.onAnswer(state, nonce, refusal);
    this.queue.push(typeUrl);
  }

  get pending(): number {
    return this.queue.size;
  }
}
