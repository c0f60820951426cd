// Owns connecting to a host with several addresses (happy eyeballs, RFC 8305): the next address is tried when the one
// before fails, or has not answered within 300 ms, Envoy's fixed delay; the first that connects wins, the others close.
import type { Address } from '../../base/address.ts';
import type { Timer, TimerHandler } from '../../base/timers.ts';
import { CloseType, type Connection, type ConnectionCallbacks, ConnectionEvent } from '../../network/api.ts';
import type { PoolEnvironment } from './environment.ts';

const nextAttemptDelayMs = 300;

export interface ConnectAttemptsOwner {
  onAttemptConnected(connection: Connection): void;
  onAttemptsFailed(last: Connection): void;
}

class Attempt implements ConnectionCallbacks {
  readonly connection: Connection;
  readonly #owner: ConnectAttempts;

  constructor(owner: ConnectAttempts, connection: Connection) {
    this.#owner = owner;
    this.connection = connection;
    connection.addCallbacks(this);
  }

  onConnectionEvent(event: ConnectionEvent): void {
    this.#owner.onAttemptEvent(this, event);
  }
  onAboveWriteBufferHighWatermark(): void {}
  onBelowWriteBufferLowWatermark(): void {}
}

export class ConnectAttempts implements TimerHandler {
  readonly #environment: PoolEnvironment;
  readonly #owner: ConnectAttemptsOwner;
  readonly #open: (address: Address) => Connection;
  /** At least one; in the order to try. */
  readonly #addresses: readonly Address[];
  #next = 0;
  #pending: Attempt[] = [];
  #timer: Timer | null = null;
  #over = false;
  /** The last one begun. */
  current: Connection;

  constructor(
    environment: PoolEnvironment,
    addresses: readonly Address[],
    owner: ConnectAttemptsOwner,
    open: (address: Address) => Connection,
  ) {
    this.#environment = environment;
    this.#addresses = addresses;
    this.#owner = owner;
    this.#open = open;
    this.current = this.#begin();
  }

  cancel(): void {
    this.#over = true;
    this.#timer?.cancel();
    for (const attempt of this.#pending.splice(0)) attempt.connection.close(CloseType.NoFlush);
  }

  onTimer(): void {
    if (!this.#over && this.#next < this.#addresses.length) this.#begin();
  }

  onAttemptEvent(attempt: Attempt, event: ConnectionEvent): void {
    if (this.#over) return;
    this.#pending = this.#pending.filter((other) => other !== attempt);
    if (event === ConnectionEvent.Connected) {
      attempt.connection.removeCallbacks(attempt);
      this.cancel();
      this.#owner.onAttemptConnected(attempt.connection);
    } else if (this.#next < this.#addresses.length) {
      this.#begin();
    } else if (this.#pending.length === 0) {
      this.cancel();
      this.#owner.onAttemptsFailed(attempt.connection);
    }
  }

  #begin(): Connection {
    const address = this.#addresses[this.#next++] as Address;
    const connection = this.#open(address);
    this.current = connection;
    this.#pending.push(new Attempt(this, connection));
    this.#timer?.cancel();
    this.#timer =
      this.#next < this.#addresses.length ? this.#environment.timers.schedule(nextAttemptDelayMs, this) : null;
    return connection;
  }
}
