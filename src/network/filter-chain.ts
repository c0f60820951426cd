// Owns the network-filter chain of one connection: read filters in order, bytes kept in front of a filter whose
// predecessor stopped iteration (bounded by the connection's buffer limit: beyond it the socket is not read). Every
// filter up to the one that stopped sees every byte once.
import type { ConnectionStream, StreamInfo } from '../observability/stream-info.ts';
import {
  type Connection,
  type ConnectionReader,
  FilterStatus,
  type ReadFilter,
  type ReadFilterCallbacks,
} from './api.ts';

export class NetworkFilterChain implements ConnectionReader {
  readonly connection: Connection;
  readonly info: ConnectionStream;
  readonly #filters: readonly ReadFilter[];
  readonly #bufferLimit: number;
  /** First filter that has not yet seen onNewConnection. */
  #opened = 0;
  /** By filter that stopped: what the filters behind it have not seen. Null while none has stopped, the rule. */
  #stopped: (StoppedAt | undefined)[] | null = null;
  #keptBytes = 0;
  #readDisabled = false;

  constructor(connection: Connection, info: ConnectionStream, filters: readonly ReadFilter[], bufferLimit: number) {
    this.connection = connection;
    this.info = info;
    this.#filters = filters;
    this.#bufferLimit = bufferLimit;
    for (let i = 0; i < filters.length; i++) {
      (filters[i] as ReadFilter).initialize(new Callbacks(this, i));
    }
  }

  /** Tells every filter of the connection, up to one that stops. */
  open(): void {
    while (this.#opened < this.#filters.length && !this.connection.closed) if (!this.#openNext()) return;
  }

  /** False: it stopped. */
  #openNext(): boolean {
    const index = this.#opened++;
    if ((this.#filters[index] as ReadFilter).onNewConnection() === FilterStatus.Continue) return true;
    if (index < this.#filters.length - 1) this.#stopAt(index);
    return false;
  }

  onData(data: Buffer, endStream: boolean): void {
    this.#run(0, data, endStream);
  }

  #run(from: number, data: Buffer, endStream: boolean): void {
    let bytes = data;
    const last = this.#filters.length - 1;
    for (let i = from; i <= last; i++) {
      // A stop in onNewConnection had held it back.
      if (i === this.#opened) this.#openNext();
      if (this.connection.closed) return;
      const status = (this.#filters[i] as ReadFilter).onData(bytes, endStream);
      const stopped = this.#stopped?.[i];
      if (status === FilterStatus.StopIteration) {
        // Behind the last filter is nothing to keep bytes for.
        if (i !== last) this.#keep(stopped ?? this.#stopAt(i), bytes, endStream);
        return;
      }
      // It lets go what it had stopped.
      if (stopped !== undefined) bytes = this.#take(i, stopped, bytes);
    }
  }

  #stopAt(index: number): StoppedAt {
    this.#stopped ??= [];
    const stopped = { kept: [], end: false };
    this.#stopped[index] = stopped;
    return stopped;
  }

  #keep(stopped: StoppedAt, data: Buffer, endStream: boolean): void {
    if (data.length > 0) {
      stopped.kept.push(Buffer.from(data));
      this.#keptBytes += data.length;
    }
    stopped.end ||= endStream;
    if (!this.#readDisabled && this.#bufferLimit > 0 && this.#keptBytes > this.#bufferLimit) {
      this.#readDisabled = true;
      this.connection.readDisable(true);
    }
  }

  /** What was kept behind filter `index`, with `more` behind it. */
  #take(index: number, stopped: StoppedAt, more: Buffer): Buffer {
    if (this.#stopped !== null) this.#stopped[index] = undefined;
    const { kept } = stopped;
    for (const piece of kept) this.#keptBytes -= piece.length;
    if (this.#readDisabled && this.#keptBytes <= this.#bufferLimit) {
      this.#readDisabled = false;
      this.connection.readDisable(false);
    }
    if (kept.length === 0) return more;
    if (more.length > 0) kept.push(more);
    return kept.length === 1 ? (kept[0] as Buffer) : Buffer.concat(kept);
  }

  continueReading(index: number): void {
    const stopped = this.#stopped?.[index];
    if (stopped === undefined || this.connection.closed) return;
    const bytes = this.#take(index, stopped, noBytes);
    if (this.#opened === index + 1) this.open();
    if (bytes.length > 0 || stopped.end) this.#run(index + 1, bytes, stopped.end);
  }
}

const noBytes = Buffer.alloc(0);

interface StoppedAt {
  readonly kept: Buffer[];
  end: boolean;
}

class Callbacks implements ReadFilterCallbacks {
  readonly #chain: NetworkFilterChain;
  readonly #index: number;
  constructor(chain: NetworkFilterChain, index: number) {
    this.#chain = chain;
    this.#index = index;
  }
  get connection(): Connection {
    return this.#chain.connection;
  }
  get info(): ConnectionStream {
    return this.#chain.info;
  }
  get streamInfo(): StreamInfo {
    return this.#chain.info.streamInfo;
  }
  continueReading(): void {
    this.#chain.continueReading(this.#index);
  }
}
