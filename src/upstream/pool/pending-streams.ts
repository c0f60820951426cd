// Owns the queue of streams that wait for a connection: first come, first served, each can leave at any time.
import type { Cancellable } from '../api.ts';

/** Who is told that a stream gave up waiting. */
export interface PendingStreamsOwner {
  onPendingStreamCancelled(): void;
}

/** `D` receives what comes on the stream, `K` hears of the connection. */
export class PendingStream<D, K> implements Cancellable {
  readonly decoder: D;
  readonly callbacks: K;
  readonly #queue: PendingStreams<D, K>;
  previous: PendingStream<D, K> | null = null;
  next: PendingStream<D, K> | null = null;
  queued = true;
  /** Wants a connection that no other request has used. */
  readonly fresh: boolean;

  constructor(queue: PendingStreams<D, K>, decoder: D, callbacks: K, fresh: boolean) {
    this.fresh = fresh;
    this.#queue = queue;
    this.decoder = decoder;
    this.callbacks = callbacks;
  }

  cancel(): void {
    if (this.queued) this.#queue.cancel(this);
  }
}

export class PendingStreams<D, K> {
  #first: PendingStream<D, K> | null = null;
  #last: PendingStream<D, K> | null = null;
  readonly #owner: PendingStreamsOwner;
  size = 0;

  constructor(owner: PendingStreamsOwner) {
    this.#owner = owner;
  }

  push(decoder: D, callbacks: K, fresh: boolean): PendingStream<D, K> {
    const stream = new PendingStream<D, K>(this, decoder, callbacks, fresh);
    stream.previous = this.#last;
    if (this.#last === null) this.#first = stream;
    else this.#last.next = stream;
    this.#last = stream;
    this.size++;
    return stream;
  }

  /** `passFresh`: the connection at hand is used, and another is on its way for those that want a fresh one. */
  shift(passFresh = false): PendingStream<D, K> | null {
    let stream = this.#first;
    while (passFresh && stream?.fresh) stream = stream.next;
    if (stream !== null) this.#remove(stream);
    return stream;
  }

  cancel(stream: PendingStream<D, K>): void {
    this.#remove(stream);
    this.#owner.onPendingStreamCancelled();
  }

  #remove(stream: PendingStream<D, K>): void {
    if (stream.previous === null) this.#first = stream.next;
    else stream.previous.next = stream.next;
    if (stream.next === null) this.#last = stream.previous;
    else stream.next.previous = stream.previous;
    stream.previous = null;
    stream.next = null;
    stream.queued = false;
    this.size--;
  }
}
