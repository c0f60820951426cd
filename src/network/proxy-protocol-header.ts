// Owns writing a PROXY protocol header (haproxy's proxy-protocol.txt, sections 2.1 and 2.2): who a connection really is
// from and to, for a peer that would see only us.
import type { Address, IpAddress } from '../base/address.ts';
import { addressBits } from '../base/cidr.ts';

export type ProxyProtocolVersion = 1 | 2;

const signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
/** Version 2, and what it says: nothing of addresses (LOCAL), or a proxied connection (PROXY). */
const local = 0x20;
const proxied = 0x21;
/** Address family and SOCK_STREAM. */
const tcp4 = 0x11;
const tcp6 = 0x21;

/** A value of a version 2 header (TLV). */
export interface ProxyProtocolTlv {
  readonly type: number;
  readonly value: Buffer;
}

/** Addresses that are no IP addresses, of two families, or not known cannot be told: the header says so. */
export function proxyProtocolHeader(
  version: ProxyProtocolVersion,
  source: Address | null,
  destination: Address | null,
  values: readonly ProxyProtocolTlv[] = [],
): Buffer {
  return version === 1 ? textHeader(source, destination) : binaryHeader(source, destination, values);
}

function textHeader(source: Address | null, destination: Address | null): Buffer {
  if (source?.kind !== 'ip' || destination?.kind !== 'ip' || source.family !== destination.family) {
    return Buffer.from('PROXY UNKNOWN\r\n', 'latin1');
  }
  const { address: from, port: fromPort, family } = source;
  const { address: to, port: toPort } = destination;
  return Buffer.from(`PROXY TCP${family} ${from} ${to} ${fromPort} ${toPort}\r\n`, 'latin1');
}

function binaryHeader(
  source: Address | null,
  destination: Address | null,
  values: readonly ProxyProtocolTlv[],
): Buffer {
  if (source?.kind !== 'ip' || destination?.kind !== 'ip' || source.family !== destination.family) {
    return Buffer.concat([signature, Buffer.from([local, 0, 0, 0])]);
  }
  const ports = Buffer.alloc(4);
  ports.writeUInt16BE(source.port, 0);
  ports.writeUInt16BE(destination.port, 2);
  const parts = [octets(source), octets(destination), ports];
  let length = parts.reduce((sum, part) => sum + part.length, 0);
  for (const { type, value } of values) {
    // The length field has 16 bits: what does not fit is left out.
    if (length + 3 + value.length > 0xffff) continue;
    parts.push(Buffer.from([type, value.length >> 8, value.length & 0xff]), value);
    length += 3 + value.length;
  }
  const head = Buffer.from([proxied, source.family === 6 ? tcp6 : tcp4, length >> 8, length & 0xff]);
  return Buffer.concat([signature, head, ...parts]);
}

function octets({ address, family }: IpAddress): Buffer {
  const digits = (addressBits(address) ?? 0n).toString(16);
  return Buffer.from(digits.padStart(family === 4 ? 8 : 32, '0'), 'hex');
}
