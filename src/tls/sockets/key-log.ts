// Owns the log of TLS secrets, in the form of NSS's SSLKEYLOGFILE: with it Wireshark reads what was captured. Whoever has the
// file reads the traffic, so that it can be kept to connections of some addresses.
import type { TLSSocket } from 'node:tls';
import type { Address } from '../../base/address.ts';
import type { CidrRange } from '../../base/cidr.ts';
import type { LogFile } from '../api.ts';

/** The ends of a connection. */
export interface Ends {
  readonly localAddress: Address;
  readonly remoteAddress: Address;
}

export class KeyLog {
  readonly #file: LogFile;
  readonly #local: readonly CidrRange[];
  readonly #remote: readonly CidrRange[];

  /** No ranges: every address. */
  constructor(file: LogFile, local: readonly CidrRange[], remote: readonly CidrRange[]) {
    this.#file = file;
    this.#local = local;
    this.#remote = remote;
  }

  /** To be called before the handshake. */
  attach(socket: TLSSocket, { localAddress, remoteAddress }: Ends): void {
    if (!isWithin(this.#local, localAddress) || !isWithin(this.#remote, remoteAddress)) return;
    // A line, with its end.
    socket.on('keylog', (line: Buffer) => this.#file.write(line.toString('latin1')));
  }
}

function isWithin(ranges: readonly CidrRange[], address: Address): boolean {
  if (ranges.length === 0) return true;
  return address.kind === 'ip' && ranges.some((range) => range.contains(address.address));
}
