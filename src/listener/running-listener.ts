// What the listener manager sees of a listener that runs: one for connections (active-listener.ts) or for datagrams
// (active-udp-listener.ts).
import type { ListenerConfig } from './config-types.ts';

export interface RunningListener {
  readonly config: ListenerConfig;
  /** As bound: port 0 has become a number. */
  readonly localAddresses: readonly string[];
  readonly accepting: boolean;
  readonly connectionCount: number;
  /** Binds every address; on failure none stays bound. Rejects with words that name the address. */
  bind(): Promise<void>;
  /**
   * Changes to other addresses. Sockets that stay accept all the while, and what is new is bound before anything is
   * given up: on failure (rejects) the listener is as before.
   */
  rebind(config: ListenerConfig): Promise<void>;
  /** What comes from now on goes by this version; the sockets stay. */
  replaceConfig(config: ListenerConfig): void;
  stopAccepting(): Promise<void>;
  closeConnections(): void;
}
