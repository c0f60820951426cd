// Owns the reading of a PROXY protocol header from the first bytes of a connection, as far as they have come.
// Source: https://www.haproxy.org/download/2.9/doc/proxy-protocol.txt, sections 2.1 and 2.2. Where Envoy is stricter or laxer than
// the text, as Envoy (the scenarios v1-nearly and v2-nearly).
import { isIP } from 'node:net';
import { type IpAddress, ipAddress } from '../../../../base/address.ts';
import { addressBits, addressText } from '../../../../base/cidr.ts';
import { zoneOf } from './zone.ts';

export interface TypedValue {
  readonly type: number;
  /** Borrowed. */
  readonly value: Buffer;
}

export interface ProxyHeader {
  readonly version: 1 | 2;
  /** Of the header, in bytes. */
  readonly length: number;
  /** Null: the peer speaks for itself (LOCAL, UNKNOWN); the addresses are those of the connection. */
  readonly addresses: { readonly source: IpAddress; readonly destination: IpAddress } | null;
  readonly values: readonly TypedValue[];
}

/** 'none': these bytes cannot become a header. 'bad': a header of that version that cannot be used. */
export type ProxyHeaderResult = ProxyHeader | 'more' | 'none' | 'bad-v1' | 'bad-v2';

const textSignature = Buffer.from('PROXY ', 'latin1');
const binarySignature = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
const binaryHead = 16;
const maxTextLength = 108;

/** More than any header has. */
export const longestHeader = binaryHead + 0xffff;

/** As far as `bytes` go they may be the beginning of a header of that version. */
export function mayBe(version: 1 | 2, bytes: Buffer): boolean {
  const signature = version === 1 ? textSignature : binarySignature;
  const length = Math.min(bytes.length, signature.length);
  return signature.compare(bytes, 0, length, 0, length) === 0;
}

export function readProxyHeader(bytes: Buffer): ProxyHeaderResult {
  if (mayBe(2, bytes)) return bytes.length < binaryHead ? 'more' : readBinary(bytes);
  return mayBe(1, bytes) ? readText(bytes) : 'none';
}

function readText(bytes: Buffer): ProxyHeaderResult {
  const end = bytes.subarray(0, maxTextLength).indexOf('\r\n', 0, 'latin1');
  if (end < 0) return bytes.length < maxTextLength ? 'more' : 'none';
  const length = end + 2;
  const [, family, source = '', destination = '', from = '', to = '', ...rest] = bytes
    .toString('latin1', 0, end)
    .trim()
    .split(' ');
  if (family === 'UNKNOWN') return { version: 1, length, addresses: null, values: [] };
  if ((family !== 'TCP4' && family !== 'TCP6') || rest.length > 0) return 'bad-v1';
  const addresses = usable(textAddress(family, source, from), textAddress(family, destination, to));
  return addresses === null ? 'bad-v1' : { version: 1, length, addresses, values: [] };
}

function textAddress(family: 'TCP4' | 'TCP6', address: string, port: string): IpAddress | null {
  const wanted = family === 'TCP4' ? 4 : 6;
  if (isIP(address) !== wanted || !/^\+?\d{1,9}$/.test(port) || Number(port) > 65_535) return null;
  const bits = addressBits(address) ?? 0n;
  const zone = zoneOf(address, bits);
  if (zone === null) return null;
  const text = addressText(bits, wanted);
  return ipAddress(zone === 0 ? text : `${text}%${zone}`, Number(port));
}

function readBinary(bytes: Buffer): ProxyHeaderResult {
  const versionAndCommand = bytes[12] as number;
  const command = versionAndCommand & 0xf;
  if (versionAndCommand >> 4 !== 2 || command > 1) return 'bad-v2';
  const length = binaryHead + bytes.readUInt16BE(14);
  // A local connection's addresses and values say nothing.
  if (command === 0) return bytes.length < length ? 'more' : { version: 2, length, addresses: null, values: [] };
  const family = (bytes[13] as number) >> 4;
  const transport = (bytes[13] as number) & 0xf;
  if ((family !== 1 && family !== 2) || (transport !== 1 && transport !== 2)) return 'bad-v2';
  const octets = family === 1 ? 4 : 16;
  const valuesAt = binaryHead + 2 * octets + 4;
  if (length < valuesAt) return 'bad-v2';
  if (bytes.length < length) return 'more';
  const portsAt = binaryHead + 2 * octets;
  const addresses = usable(
    binaryAddress(bytes.subarray(binaryHead, binaryHead + octets), bytes.readUInt16BE(portsAt)),
    binaryAddress(bytes.subarray(binaryHead + octets, portsAt), bytes.readUInt16BE(portsAt + 2)),
  );
  const values = readValues(bytes.subarray(valuesAt, length));
  return addresses === null || values === null ? 'bad-v2' : { version: 2, length, addresses, values };
}

function binaryAddress(octets: Buffer, port: number): IpAddress {
  return ipAddress(addressText(BigInt(`0x${octets.toString('hex')}`), octets.length === 4 ? 4 : 6), port);
}

/** Null where one value is cut off by the end. */
function readValues(bytes: Buffer): TypedValue[] | null {
  const values: TypedValue[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (bytes.length - at < 3) return null;
    const end = at + 3 + bytes.readUInt16BE(at + 1);
    if (end > bytes.length) return null;
    values.push({ type: bytes[at] as number, value: bytes.subarray(at + 3, end) });
    at = end;
  }
  return values;
}

/** No connection comes from a group, from everybody, or from no address; nor does it go there. */
function usable(source: IpAddress | null, destination: IpAddress | null): ProxyHeader['addresses'] {
  if (source === null || destination === null || !isUnicast(source) || !isUnicast(destination)) return null;
  return { source, destination };
}

function isUnicast({ address, family }: IpAddress): boolean {
  const bits = addressBits(address) ?? 0n;
  const group = family === 4 ? bits >> 28n === 0xen || bits === 0xffff_ffffn : bits >> 120n === 0xffn;
  return bits !== 0n && !group;
}
