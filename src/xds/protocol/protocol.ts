// What the two variants of the protocol have in common, for the stream that speaks one of them.
import type { DiscoveryUpdate, Refusal } from './messages.ts';

export interface DiscoveryProtocol<Request> {
  /** `name` may be `*`. Each counts: the last `unsubscribe` of a name lets it go. */
  subscribe(typeUrl: string, name: string): void;
  unsubscribe(typeUrl: string, name: string): void;
  /** Counts. Nothing of the type is sent meanwhile, answers neither: clusters that warm hold back the next update. */
  pause(typeUrl: string): void;
  resume(typeUrl: string): void;
  /** A stream begins: everything that is wanted is asked for again, with what is here already. */
  onStreamOpened(): void;
  onStreamClosed(): void;
  /** What is to be sent next; null: nothing. Only while a stream is open. */
  next(): Request | null;
  /** False: nobody wants anything of this type; it is passed over. */
  wants(typeUrl: string): boolean;
  /** The update was put in force. `current`: the stream that it came on is still there, and gets its answer. */
  accept(update: DiscoveryUpdate, current: boolean): void;
  /** It was not, at least in part: what was in force before is still told as the state. */
  refuse(update: DiscoveryUpdate, refusal: Refusal, current: boolean): void;
  /** It went without a word of the server's: its time to live is over. */
  expire(typeUrl: string, name: string): void;
  /** Types that have something to say. */
  readonly pending: number;
}
