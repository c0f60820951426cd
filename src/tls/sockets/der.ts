// Reads DER (X.690) as far as names in certificates need it. What comes in has been parsed by OpenSSL before; still nothing
// here reads beyond its bytes: what does not fit ends the list.

export const Tag = {
  Boolean: 0x01,
  Integer: 0x02,
  ObjectIdentifier: 0x06,
  Enumerated: 0x0a,
  OctetString: 0x04,
  Utf8String: 0x0c,
  NumericString: 0x12,
  PrintableString: 0x13,
  T61String: 0x14,
  Ia5String: 0x16,
  UtcTime: 0x17,
  GeneralizedTime: 0x18,
  VisibleString: 0x1a,
  UniversalString: 0x1c,
  BmpString: 0x1e,
  Sequence: 0x30,
  Set: 0x31,
} as const;

export interface Der {
  readonly tag: number;
  readonly content: Buffer;
  /** With tag and length. */
  readonly whole: Buffer;
}

/** The elements of a SEQUENCE or SET, or what stands in a buffer. */
export function elements(data: Buffer): Der[] {
  const found: Der[] = [];
  for (let at = 0; at < data.length; ) {
    const element = elementAt(data, at);
    if (element === null) break;
    found.push(element);
    at += element.whole.length;
  }
  return found;
}

function elementAt(data: Buffer, start: number): Der | null {
  const tag = data[start] ?? 0;
  let length = data[start + 1];
  let at = start + 2;
  // Tags beyond 30 are in no certificate that we read.
  if (length === undefined || (tag & 0x1f) === 0x1f) return null;
  if (length >= 0x80) {
    const bytes = length & 0x7f;
    if (bytes === 0 || bytes > 4 || at + bytes > data.length) return null;
    length = data.readUIntBE(at, bytes);
    at += bytes;
  }
  if (at + length > data.length) return null;
  return { tag, content: data.subarray(at, at + length), whole: data.subarray(start, at + length) };
}

/** With dots. */
export function objectIdentifier(content: Buffer): string {
  const arcs: bigint[] = [];
  let arc = 0n;
  for (const byte of content) {
    arc = (arc << 7n) | BigInt(byte & 0x7f);
    if ((byte & 0x80) !== 0) continue;
    if (arcs.length === 0) {
      const first = arc < 80n ? arc / 40n : 2n;
      arcs.push(first, arc - first * 40n);
    } else {
      arcs.push(arc);
    }
    arc = 0n;
  }
  return arcs.join('.');
}

/** Of a string type; undefined for others. */
export function stringOf({ tag, content }: Der): string | undefined {
  switch (tag) {
    case Tag.Utf8String:
      return content.toString('utf8');
    case Tag.NumericString:
    case Tag.PrintableString:
    case Tag.Ia5String:
    case Tag.VisibleString:
    // As everybody reads it, whatever T.61 says.
    case Tag.T61String:
      return content.toString('latin1');
    case Tag.BmpString:
      return content.length % 2 === 0 ? Buffer.from(content).swap16().toString('utf16le') : undefined;
    case Tag.UniversalString:
      return universal(content);
    default:
      return undefined;
  }
}

function universal(content: Buffer): string | undefined {
  let text = '';
  for (let at = 0; at + 4 <= content.length; at += 4) {
    const point = content.readUInt32BE(at);
    if (point > 0x10ffff) return undefined;
    text += String.fromCodePoint(point);
  }
  return text;
}

export function isTime({ tag }: Der): boolean {
  return tag === Tag.UtcTime || tag === Tag.GeneralizedTime;
}

/** Milliseconds since the epoch (RFC 5280 section 4.1.2.5: always in UTC, with seconds). Throws when it is no such time. */
export function timeOf({ tag, content }: Der): number {
  const text = content.toString('latin1');
  const [, digits = '', month, day, hour, minute, second] =
    /^(\d{2}|\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text) ?? [];
  // Years of two digits end with 2049.
  const year = tag === Tag.UtcTime ? `${digits < '50' ? '20' : '19'}${digits}` : digits;
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (Number.isNaN(time)) throw new Error(`a time in it cannot be read: ${JSON.stringify(text)}`);
  return time;
}
