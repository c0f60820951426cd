// Owns the wait of a request whose cluster has to find the host first (dynamic forward proxy).
import type { Cancellable, Cluster, HostLookupCallbacks, LoadBalancerContext } from '../upstream/api.ts';

export interface HostSeeker extends LoadBalancerContext, HostLookupCallbacks {
  /** Null: it waits for none. */
  hostLookup: HostLookup | null;
  /** Bytes of body that may wait; 0: no limit. */
  readonly bufferLimit: number;
  holdDownstreamBack(on: boolean): void;
}

export class HostLookup {
  readonly #seeker: HostSeeker;
  readonly #query: Cancellable;
  #held = false;

  constructor(seeker: HostSeeker, query: Cancellable) {
    this.#seeker = seeker;
    this.#query = query;
  }

  /** So much of the body waits with the request. */
  noteBody(bytes: number): void {
    const { bufferLimit } = this.#seeker;
    if (this.#held || bufferLimit === 0 || bytes <= bufferLimit) return;
    this.#held = true;
    this.#seeker.holdDownstreamBack(true);
  }

  /** The request goes on, or was answered. */
  release(): void {
    if (this.#held) this.#seeker.holdDownstreamBack(false);
    this.#held = false;
  }

  cancel(): void {
    this.#query.cancel();
    this.release();
  }
}

/** Sets `hostLookup` where there is something to wait for. Else it says, as response-code details, why there is no host. */
export function lookUpHost(seeker: HostSeeker, cluster: Cluster): string {
  const query = cluster.lookUpHost?.(seeker, seeker) ?? 'no_healthy_upstream';
  if (typeof query === 'string') return query;
  seeker.hostLookup = new HostLookup(seeker, query);
  return '';
}
