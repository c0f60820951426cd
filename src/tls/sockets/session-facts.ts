// Owns what only OpenSSL's own record of a session tells: its id, and at a server the group of the key exchange. Taking the
// record costs some 20 µs, so that it is done where a log asks for it.
import type { EphemeralKeyInfo, TLSSocket } from 'node:tls';
import { elements, Tag } from './der.ts';

export interface SessionFacts {
  /** Hexadecimal; empty where the session has none, as with tickets. */
  readonly sessionId: string;
  /** As BoringSSL calls it; empty where it is not known. */
  readonly group: string;
}

/** After the handshake. */
export function sessionFacts(socket: TLSSocket): SessionFacts {
  const record = recordIn(socket.getSession());
  const fields = record === null ? [] : elements(record);
  // SSL_SESSION_ASN1: version, protocol, cipher, id, master key, and more with tags of their own.
  const id = fields[3]?.tag === Tag.OctetString ? fields[3].content.toString('hex') : '';
  const group = fields.find(({ tag }) => tag === groupTag);
  const number = group && elements(group.content)[0]?.content;
  const name = number === undefined || number.length === 0 || number.length > 4 ? '' : groupName(number);
  return { sessionId: id, group: name === '' ? clientGroup(socket) : name };
}

/** kex_group, [19]. */
const groupTag = 0xb3;

function groupName(number: Buffer): string {
  return groups.get(number.readUIntBE(0, number.length)) ?? '';
}

/** By their numbers in TLS (IANA, supported groups). */
const groups: ReadonlyMap<number, string> = new Map([
  [0x17, 'P-256'],
  [0x18, 'P-384'],
  [0x19, 'P-521'],
  [0x1d, 'X25519'],
  [0x1e, 'X448'],
  [0x11eb, 'SecP256r1MLKEM768'],
  [0x11ec, 'X25519MLKEM768'],
  [0x11ed, 'SecP384r1MLKEM1024'],
]);

const namesOfOpenssl: Readonly<Record<string, string>> = {
  prime256v1: 'P-256',
  secp384r1: 'P-384',
  secp521r1: 'P-521',
};

function clientGroup(socket: TLSSocket): string {
  const info = socket.getEphemeralKeyInfo() as EphemeralKeyInfo | null;
  const name = info === null || !('name' in info) ? undefined : info.name;
  return namesOfOpenssl[name ?? ''] ?? name ?? '';
}

/** The content of the record. Node puts words of its own in front of a client's. */
function recordIn(session: Buffer | undefined): Buffer | null {
  if (session === undefined) return null;
  for (let at = 0; ; at++) {
    at = session.indexOf(sequence, at);
    if (at === -1) return null;
    const [record] = elements(session.subarray(at));
    if (record !== undefined && at + record.whole.length === session.length) return record.content;
  }
}
const sequence = Tag.Sequence;
