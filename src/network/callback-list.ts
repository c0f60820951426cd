// Owns who is told of a connection's events and watermarks. What one of them throws keeps no other from hearing.
import type { ConnectionCallbacks, ConnectionEvent } from './api.ts';

export class CallbackList {
  readonly #all: ConnectionCallbacks[] = [];

  add(callbacks: ConnectionCallbacks): void {
    this.#all.push(callbacks);
  }

  remove(callbacks: ConnectionCallbacks): void {
    const index = this.#all.indexOf(callbacks);
    if (index >= 0) this.#all.splice(index, 1);
  }

  tell(event: ConnectionEvent, onThrown: (error: unknown) => void): void {
    for (const callbacks of this.#all.slice()) {
      try {
        callbacks.onConnectionEvent(event);
      } catch (error) {
        onThrown(error);
      }
    }
  }

  aboveHighWatermark(): void {
    for (const callbacks of this.#all.slice()) callbacks.onAboveWriteBufferHighWatermark();
  }

  belowLowWatermark(): void {
    for (const callbacks of this.#all.slice()) callbacks.onBelowWriteBufferLowWatermark();
  }
}
