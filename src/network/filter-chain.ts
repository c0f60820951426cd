// Owns the network-filter chain of one connection: read filters in order, bytes kept while a filter stops iteration
// (bounded by the connection's buffer limit: beyond it the socket is not read).
import type { DownstreamConnectionInfo } from '../observability/stream-info.ts';
import {
  type Connection,
  type ConnectionReader,
  FilterStatus,
  type ReadFilter,
  type ReadFilterCallbacks,
} from './api.ts';

export class NetworkFilterChain implements ConnectionReader {
  readonly connection: Connection;
  readonly info: DownstreamConnectionInfo;
  readonly #filters: readonly ReadFilter[];
  readonly #bufferLimit: number;
  /** First filter that has not yet seen onNewConnection. */
  #opened = 0;
  /** Bytes kept for the filters behind the one that stopped, with the end of stream. */
  #kept: Buffer[] = [];
  #keptBytes = 0;
  #end = false;
  /** Index of the filter that stopped iteration; -1 while none. */
  #stoppedAt = -1;
  #readDisabled = false;

  constructor(
    connection: Connection,
    info: DownstreamConnectionInfo,
    filters: readonly ReadFilter[],
    bufferLimit: number,
  ) {
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
    while (this.#opened < this.#filters.length && !this.connection.closed) {
      const index = this.#opened++;
      if (
        (this.#filters[index] as ReadFilter).onNewConnection() === FilterStatus.StopIteration &&
        !this.#isLast(index)
      ) {
        this.#stoppedAt = index;
        return;
      }
    }
  }

  #isLast(index: number): boolean {
    return index === this.#filters.length - 1;
  }

  onData(data: Buffer, endStream: boolean): void {
    if (this.#stoppedAt >= 0) {
      this.#keep(data, endStream);
      return;
    }
    this.#run(0, data, endStream);
  }

  #run(from: number, data: Buffer, endStream: boolean): void {
    for (let i = from; i < this.#filters.length; i++) {
      if (this.connection.closed) return;
      const status = (this.#filters[i] as ReadFilter).onData(data, endStream);
      if (status === FilterStatus.StopIteration) {
        if (!this.#isLast(i)) {
          this.#stoppedAt = i;
          this.#keep(data, endStream);
        }
        return;
      }
    }
  }

  #keep(data: Buffer, endStream: boolean): void {
    if (data.length > 0) {
      this.#kept.push(Buffer.from(data));
      this.#keptBytes += data.length;
    }
    this.#end ||= endStream;
    if (!this.#readDisabled && this.#bufferLimit > 0 && this.#keptBytes > this.#bufferLimit) {
      this.#readDisabled = true;
      this.connection.readDisable(true);
    }
  }

  continueReading(index: number): void {
    if (this.#stoppedAt !== index || this.connection.closed) return;
    this.#stoppedAt = -1;
    if (this.#opened <= this.#filters.length - 1) this.open();
    if (this.#stoppedAt >= 0) return;
    const data = this.#kept.length === 1 ? (this.#kept[0] as Buffer) : Buffer.concat(this.#kept);
    const end = this.#end;
    this.#kept = [];
    this.#keptBytes = 0;
    this.#end = false;
    if (this.#readDisabled) {
      this.#readDisabled = false;
      this.connection.readDisable(false);
    }
    if (data.length > 0 || end) this.#run(index + 1, data, end);
  }
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
  get info(): DownstreamConnectionInfo {
    return this.#chain.info;
  }
  continueReading(): void {
    this.#chain.continueReading(this.#index);
  }
}
