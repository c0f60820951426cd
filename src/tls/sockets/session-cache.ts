// Owns the sessions of TLS 1.2 clients that take no tickets: kept here, by their id, for those that come again.
import { EventEmitter } from 'node:events';
import type { Server } from 'node:tls';

/** Sessions; the oldest goes first. */
const most = 1024;
const tls12 = Buffer.from([0x02, 0x02, 0x03, 0x03]);

/** Stands where Node asks a `tls.Server` for sessions. */
export class SessionCache extends EventEmitter {
  readonly #sessions = new Map<string, Buffer>();

  constructor() {
    super();
    this.on('newSession', (id: Buffer, session: Buffer, done: () => void) => {
      this.#keep(id, session);
      done();
    });
    this.on('resumeSession', (id: Buffer, done: (error: null, session: Buffer | null) => void) => {
      done(null, this.#sessions.get(id.toString('hex')) ?? null);
    });
  }

  asServer(): Server {
    return this as unknown as Server;
  }

  #keep(id: Buffer, session: Buffer): void {
    // As in Envoy, TLS 1.3 without tickets resumes nothing. The version is the second number of an encoded session.
    if (session.subarray(0, 16).indexOf(tls12) < 0) return;
    if (this.#sessions.size >= most) this.#sessions.delete(this.#sessions.keys().next().value ?? '');
    this.#sessions.set(id.toString('hex'), session);
  }
}
