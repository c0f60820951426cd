// Owns the filter that leaves objects of configuration in the filter state of every connection.
import {
  type ConnectionCallbacks,
  ConnectionEvent,
  FilterStatus,
  type ReadFilter,
  type ReadFilterCallbacks,
} from '../../../../network/api.ts';
import { contextWithoutResponse } from '../../../../observability/access-log/api.ts';
import { applyAll, type FilterStateValue } from '../../../common/set-filter-state/value.ts';

export interface SetFilterStateSettings {
  readonly atOnce: readonly FilterStateValue[];
  readonly afterHandshake: readonly FilterStateValue[];
  readonly withData: readonly FilterStateValue[];
}

export class SetFilterStateFilter implements ReadFilter, ConnectionCallbacks {
  readonly #settings: SetFilterStateSettings;
  #callbacks!: ReadFilterCallbacks;
  #seenHandshake = false;
  #seenData = false;

  constructor(settings: SetFilterStateSettings) {
    this.#settings = settings;
  }

  initialize(callbacks: ReadFilterCallbacks): void {
    this.#callbacks = callbacks;
    if (this.#settings.afterHandshake.length > 0) callbacks.connection.addCallbacks(this);
  }

  onNewConnection(): FilterStatus {
    this.#apply(this.#settings.atOnce);
    return FilterStatus.Continue;
  }

  onConnectionEvent(event: ConnectionEvent): void {
    if (event === ConnectionEvent.Connected) this.#afterHandshake();
  }

  #afterHandshake(): void {
    if (this.#seenHandshake) return;
    this.#seenHandshake = true;
    this.#apply(this.#settings.afterHandshake);
  }

  onData(): FilterStatus {
    if (!this.#seenData) {
      // Where there is no TLS, Envoy calls the connection ready all the same.
      this.#afterHandshake();
      this.#seenData = true;
      this.#apply(this.#settings.withData);
    }
    return FilterStatus.Continue;
  }

  #apply(values: readonly FilterStateValue[]): void {
    if (values.length === 0) return;
    applyAll(values, contextWithoutResponse(this.#callbacks.streamInfo));
  }

  onAboveWriteBufferHighWatermark(): void {}
  onBelowWriteBufferLowWatermark(): void {}
}
