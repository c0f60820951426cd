// Owns the OCSP responses (RFC 6960) of the harness's PKI: as an authority's responder would have signed them.
import { createHash, type KeyObject, sign, type X509Certificate } from 'node:crypto';

export interface OcspAnswer {
  /** Of the whole response; default 0, successful. */
  readonly status?: number;
  readonly singles: readonly OcspSingle[];
}

export interface OcspSingle {
  readonly certificate: X509Certificate;
  readonly revoked?: boolean;
  /** `YYYY`, the first of January; null: the response has no end. */
  readonly thisUpdate?: string;
  readonly nextUpdate?: string | null;
}

export function ocspResponse(answer: OcspAnswer, issuer: X509Certificate, key: KeyObject): Buffer {
  const status = der(0x0a, Buffer.from([answer.status ?? 0]));
  if (answer.status !== undefined && answer.status !== 0) return sequence(status);
  const keyHash = createHash('sha1').update(subjectPublicKey(issuer)).digest();
  const data = sequence(
    der(0xa2, der(0x04, keyHash)),
    time('2020'),
    sequence(...answer.singles.map((single) => singleResponse(single, issuer, keyHash))),
  );
  const ecdsaWithSha256 = sequence(oid('2a8648ce3d040302'));
  const signature = sign('sha256', data, key);
  const basic = sequence(data, ecdsaWithSha256, der(0x03, Buffer.concat([Buffer.from([0]), signature])));
  return sequence(status, der(0xa0, sequence(oid('2b0601050507300101'), der(0x04, basic))));
}

function singleResponse(single: OcspSingle, issuer: X509Certificate, keyHash: Buffer): Buffer {
  const { certificate, revoked = false, thisUpdate = '2020', nextUpdate = '2049' } = single;
  // Names are not compared by anybody here; the hash of the subject's text stands for that of its encoding.
  const nameHash = createHash('sha1').update(issuer.subject).digest();
  const serial = Buffer.from(certificate.serialNumber.padStart(2, '0'), 'hex');
  const id = sequence(
    sequence(oid('2b0e03021a'), der(0x05, Buffer.alloc(0))),
    der(0x04, nameHash),
    der(0x04, keyHash),
    der(0x02, serial),
  );
  const state = revoked ? der(0xa1, time('2020')) : der(0x80, Buffer.alloc(0));
  return sequence(id, state, time(thisUpdate), nextUpdate === null ? Buffer.alloc(0) : der(0xa0, time(nextUpdate)));
}

function time(year: string): Buffer {
  return der(0x18, Buffer.from(`${year}0101000000Z`, 'latin1'));
}

/** The bits of the key alone, which RFC 6960 section 4.1.1 hashes: the last element of its SPKI. */
function subjectPublicKey(certificate: X509Certificate): Buffer {
  const spki = certificate.publicKey.export({ type: 'spki', format: 'der' });
  // Of an EC P-256 key.
  return spki.subarray(-65);
}

const oid = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'));
const sequence = (...parts: readonly Buffer[]): Buffer => der(0x30, Buffer.concat(parts));

function der(tag: number, content: Buffer): Buffer {
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content]);
  const head = length < 0x100 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(head), content]);
}
