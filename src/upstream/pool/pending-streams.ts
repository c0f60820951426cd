// Owns the queue of streams that wait for a connection: first come, first served, each can leave at any time.
import type { ResponseDecoder } from '../../http/codec/api.ts';
import type { Cancellable, PoolCallbacks } from '../api.ts';

/** Who is told that a stream gave up waiting. */
export interface PendingStreamsOwner {
  onPendingStreamCancelled(): void;
}

export class PendingStream implements Cancellable {
  readonly decoder: ResponseDecoder;
  readonly callbacks: PoolCallbacks;
  readonly #queue: PendingStreams;
  previous: PendingStream | null = null;
  next: PendingStream | null = null;
  queued = true;
  /** Wants a connection that no other request has used. */
  readonly fresh: boolean;

  constructor(queue: PendingStreams, decoder: ResponseDecoder, callbacks: PoolCallbacks, fresh: boolean) {
    this.fresh = fresh;
    this.#queue = queue;
    this.decoder = decoder;
    this.callbacks = callbacks;
  }

  cancel(): void {
    if (this.queued) this.#queue.cancel(this);
  }
}

export class PendingStreams {
  #first: PendingStream | null = null;
  #last: PendingStream | null = null;
  readonly #owner: PendingStreamsOwner;
  size = 0;

  constructor(owner: PendingStreamsOwner) {
    this.#owner = owner;
  }

  push(decoder: ResponseDecoder, callbacks: PoolCallbacks, fresh: boolean): PendingStream {
    const stream = new PendingStream(this, decoder, callbacks, fresh);
    stream.previous = this.#last;
    if (this.#last === null) this.#first = stream;
    else this.#last.next = stream;
    this.#last = stream;
    this.size++;
    return stream;
  }

  /** `passFresh`: the connection at hand is used, and another is on its way for those that want a fresh one. */
  shift(passFresh = false): PendingStream | null {
    let stream = this.#first;
    while (passFresh && stream?.fresh) stream = stream.next;
    if (stream !== null) this.#remove(stream);
    return stream;
  }

  cancel(stream: PendingStream): void {
    this.#remove(stream);
    this.#owner.onPendingStreamCancelled();
  }

  #remove(stream: PendingStream): void {
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
