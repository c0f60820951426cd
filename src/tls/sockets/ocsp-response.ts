// Owns the reading of OCSP responses (RFC 6960) that are to be stapled: what is looked at is which certificate they are about
// and for how long; who signed them, and what they say of the certificate, is for the client to judge.
import { type Der, elements, objectIdentifier, Tag, timeOf } from './der.ts';

export interface OcspResponse {
  /** DER, as it is sent. */
  readonly bytes: Buffer;
  /** Of the certificate; lower-case hexadecimal without leading zeros. */
  readonly serial: string;
  /** Milliseconds since the epoch. */
  readonly validFrom: number;
  /** Null: it does not say, and counts as expired, as in Envoy. */
  readonly validTo: number | null;
}

const successful = 0;
const basicResponse = '1.3.6.1.5.5.7.48.1.1';
const explicit = (number: number): number => 0xa0 | number;

/** Throws with words when it cannot be stapled. */
export function readOcspResponse(bytes: Buffer): OcspResponse {
  const [response] = elements(bytes);
  if (response?.tag !== Tag.Sequence || response.whole.length !== bytes.length)
    throw new Error('it is no OCSP response');
  const [status, body] = elements(response.content);
  if (status?.tag !== Tag.Enumerated) throw new Error('it is no OCSP response');
  if (status.content.length !== 1 || status.content[0] !== successful)
    throw new Error(`the responder did not answer: its status is ${status.content[0] ?? 'missing'}`);
  const [type, basic] = elements(inside(body).content);
  if (type === undefined || basic === undefined || objectIdentifier(type.content) !== basicResponse)
    throw new Error('it is no basic OCSP response');
  // Of the whole the signed data come first; responderID and producedAt stand before the list, a version perhaps first.
  const data = elements(inside(inside(basic)).content);
  const list = data.find(({ tag }) => tag === Tag.Sequence);
  const singles = list === undefined ? [] : elements(list.content);
  const [single] = singles;
  if (single === undefined || singles.length > 1) throw new Error('it is not about one certificate only');
  return { bytes, ...readSingle(single) };
}

function readSingle(single: Der): Omit<OcspResponse, 'bytes'> {
  const [id, , thisUpdate, ...rest] = elements(single.content);
  const serial = id && elements(id.content).find(({ tag }) => tag === Tag.Integer);
  if (serial === undefined || thisUpdate === undefined) throw new Error('it is cut short');
  const end = rest.find(({ tag }) => tag === explicit(0));
  return {
    serial: withoutZeros(serial.content.toString('hex')),
    validFrom: timeOf(thisUpdate),
    validTo: end === undefined ? null : timeOf(inside(end)),
  };
}

/** The serial number of a certificate as it stands in responses. */
export function withoutZeros(serial: string): string {
  return serial.toLowerCase().replace(/^0+/, '');
}

function inside(outer: Der | undefined): Der {
  const [inner] = outer === undefined ? [] : elements(outer.content);
  if (inner === undefined) throw new Error('it is cut short');
  return inner;
}
