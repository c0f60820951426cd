// Owns the keys that session tickets are encrypted with (RFC 5077): the first of the configured ones encrypts, all of them
// decrypt, so that keys rotate without a full handshake for everybody.
import { createHash, randomBytes } from 'node:crypto';
import type { SecureContext } from 'node:tls';

/** As OpenSSL's callback wants them; Node gives AES-128-CBC and HMAC-SHA-256. */
interface Key {
  readonly name: Buffer;
  readonly hmac: Buffer;
  readonly aes: Buffer;
}

interface WithTicketCallback {
  readonly context: {
    enableTicketKeyCallback?(): void;
    onticketkeycallback?: (name: Buffer, iv: Buffer, encrypts: boolean) => unknown;
  };
}

const noKey = Buffer.alloc(16);
/** Node ends the process where there are no buffers, though it does not look into them. */
const notFound = [0, noKey, noKey];

export class TicketKeys {
  readonly #keys: readonly Key[];

  /** `configured`: 80 bytes each, as Envoy has them; none: one is made. */
  constructor(configured: readonly Buffer[]) {
    this.#keys = configured.length === 0 ? [split(randomBytes(80))] : configured.map(split);
  }

  /** In the order of Node's `ticketKeys`. */
  get first(): Buffer {
    const [key] = this.#keys;
    return key === undefined ? randomBytes(48) : Buffer.concat([key.name, key.hmac, key.aes]);
  }

  /**
   * With TLS 1.3 clients use a ticket once: left alone, OpenSSL would give those that resume with Node's keys no new one, and
   * every second connection would shake hands in full.
   */
  attach(context: SecureContext): void {
    const { context: native } = context as unknown as WithTicketCallback;
    if (native.enableTicketKeyCallback === undefined) return;
    native.enableTicketKeyCallback();
    native.onticketkeycallback = (name, _iv, encrypts) => this.#answer(name, encrypts);
  }

  /** [1 encrypts, 2 found and to be renewed with the first, 0 not found], HMAC key, AES key, and for a new ticket its name and IV. */
  #answer(name: Buffer, encrypts: boolean): unknown {
    const [first] = this.#keys;
    if (first === undefined) return notFound;
    if (encrypts) return [1, first.hmac, first.aes, first.name, randomBytes(16)];
    const found = this.#keys.find((key) => key.name.equals(name));
    if (found === undefined) return notFound;
    return [2, found.hmac, found.aes];
  }
}

/** 16 bytes name the key; from the other 64 come what Node's shorter ones are. */
function split(bytes: Buffer): Key {
  const part = (label: string): Buffer =>
    createHash('sha256').update(label).update(bytes.subarray(16)).digest().subarray(0, 16);
  return { name: bytes.subarray(0, 16), hmac: part('hmac'), aes: part('aes') };
}
