// Owns the pools of one host for one kind of connection: one for each priority, and beside it those of streams that share
// no connection with others. The latter are here while they are occupied, so that names that clients choose leave nothing.
import type { Priority } from './api.ts';

/** A pool as its host sees it. */
export interface DrainablePool {
  /** No new connections for new requests: idle ones close now, busy ones when their streams end. */
  drain(): void;
  /** It has connections, or streams that wait for one. */
  readonly occupied: boolean;
}

export class HostPools<P extends DrainablePool> {
  #default: P | null = null;
  #high: P | null = null;
  /** By priority and key; made when first needed. */
  #keyed: Map<string, P> | null = null;

  /** `key`: of the streams; empty: nothing keeps them apart. */
  find(priority: Priority, key: string): P | null {
    if (key === '') return priority === 0 ? this.#default : this.#high;
    return this.#keyed?.get(`${priority}${key}`) ?? null;
  }

  /** For all streams that nothing keeps apart. */
  add(priority: Priority, pool: P): void {
    if (priority === 0) this.#default = pool;
    else this.#high = pool;
  }

  /** `pool`, of streams with `key`, has come to have something, or to have nothing. */
  onOccupied(priority: Priority, key: string, pool: P, occupied: boolean): void {
    if (key === '') return;
    if (occupied) {
      this.#keyed ??= new Map();
      this.#keyed.set(`${priority}${key}`, pool);
    } else if (this.find(priority, key) === pool) {
      this.#keyed?.delete(`${priority}${key}`);
    }
  }

  drain(): void {
    for (const pool of this.#all()) pool.drain();
  }

  /** Drains them; others are made for what comes. */
  replace(): void {
    this.drain();
    this.#default = null;
    this.#high = null;
    this.#keyed = null;
  }

  get size(): number {
    return this.#all().length;
  }

  get occupied(): boolean {
    return this.#all().some((pool) => pool.occupied);
  }

  #all(): P[] {
    return [this.#default, this.#high, ...(this.#keyed?.values() ?? [])].filter((pool) => pool !== null);
  }
}
