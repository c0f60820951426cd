// A connection whose other end is the test.
import { type Address, ipAddress } from '../../../src/base/address.ts';
import {
  type CloseType,
  type Connection,
  type ConnectionCallbacks,
  ConnectionEvent,
  type ConnectionReader,
} from '../../../src/network/api.ts';

let nextId = 1;

export class FakeConnection implements Connection {
  readonly id = nextId++;
  readonly localAddress = ipAddress('127.0.0.1', 40000);
  readonly remoteAddress: Address;
  closed = false;
  readonly nextProtocol = '';
  readonly tls = null;
  transportFailureReason = '';
  bytesRead = 0;
  bytesWritten = 0;
  written = '';
  closeType: CloseType | null = null;
  #reader: ConnectionReader | null = null;
  readonly #callbacks: ConnectionCallbacks[] = [];

  constructor(remoteAddress: Address) {
    this.remoteAddress = remoteAddress;
  }

  // --- the test's side -----------------------------------------------------------------------------------------------

  accept(): void {
    this.#emit(ConnectionEvent.Connected);
  }

  refuse(reason = 'delayed connect error: Connection refused'): void {
    this.transportFailureReason = reason;
    this.peerCloses();
  }

  peerCloses(): void {
    if (this.closed) return;
    this.closed = true;
    this.#emit(ConnectionEvent.RemoteClose);
  }

  /** FIN first, as a socket tells it. */
  peerEnds(): void {
    this.#reader?.onData(Buffer.alloc(0), true);
    this.peerCloses();
  }

  receive(text: string): void {
    this.#reader?.onData(Buffer.from(text, 'latin1'), false);
  }

  // --- Connection ----------------------------------------------------------------------------------------------------

  writeLatin1(text: string): void {
    this.written += text;
    this.bytesWritten += text.length;
  }
  writeBuffer(data: Buffer): void {
    this.writeLatin1(data.toString('latin1'));
  }
  flush(): void {}
  endWrite(): void {}
  close(type: CloseType): void {
    if (this.closed) return;
    this.closed = true;
    this.closeType = type;
    this.#emit(ConnectionEvent.LocalClose);
  }
  readDisable(): void {}
  setReader(reader: ConnectionReader): void {
    this.#reader = reader;
  }
  addCallbacks(callbacks: ConnectionCallbacks): void {
    this.#callbacks.push(callbacks);
  }
  removeCallbacks(callbacks: ConnectionCallbacks): void {
    const index = this.#callbacks.indexOf(callbacks);
    if (index >= 0) this.#callbacks.splice(index, 1);
  }
  setBufferLimit(): void {}
  setDelayedCloseTimeout(): void {}

  #emit(event: ConnectionEvent): void {
    for (const callbacks of this.#callbacks.slice()) callbacks.onConnectionEvent(event);
  }
}
