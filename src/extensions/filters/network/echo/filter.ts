// Owns the filter that gives every byte back; it reads no faster than the client takes.
import {
  type Connection,
  type ConnectionCallbacks,
  FilterStatus,
  type ReadFilter,
  type ReadFilterCallbacks,
} from '../../../../network/api.ts';

export class EchoFilter implements ReadFilter, ConnectionCallbacks {
  #connection!: Connection;

  initialize({ connection }: ReadFilterCallbacks): void {
    this.#connection = connection;
    connection.addCallbacks(this);
  }

  onNewConnection(): FilterStatus {
    return FilterStatus.Continue;
  }

  onData(data: Buffer): FilterStatus {
    this.#connection.writeBuffer(data);
    return FilterStatus.StopIteration;
  }

  onAboveWriteBufferHighWatermark(): void {
    this.#connection.readDisable(true);
  }
  onBelowWriteBufferLowWatermark(): void {
    this.#connection.readDisable(false);
  }
  onConnectionEvent(): void {}
}
