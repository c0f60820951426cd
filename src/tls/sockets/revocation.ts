// Owns the look at revocation lists (RFC 5280, section 6.3) where OpenSSL cannot be asked through Node: for the peer's
// certificate alone (`only_verify_leaf_cert_crl`), and where its last finding may hide that a certificate is revoked.
import { type KeyObject, verify, type X509Certificate } from 'node:crypto';
import { certificateNames } from './certificate-names.ts';
import { type Der, elements, isTime, objectIdentifier, Tag, timeOf } from './der.ts';
import { distinguishedName } from './distinguished-name.ts';
import type { PathFailure } from './trust-path.ts';

/** BoringSSL's words, before what is wrong. */
export const crlFailed = 'certificate revocation check against provided CRLs failed: ';

interface RevocationList {
  readonly issuer: string;
  readonly signed: Buffer;
  readonly signature: Buffer;
  readonly hash: string;
  /** Milliseconds since the epoch; `nextUpdate`: null where it does not say. */
  readonly thisUpdate: number;
  readonly nextUpdate: number | null;
  /** Lower-case hexadecimal without leading zeros. */
  readonly revoked: ReadonlySet<string>;
}

const hashes: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.1.11': 'sha256',
  '1.2.840.113549.1.1.12': 'sha384',
  '1.2.840.113549.1.1.13': 'sha512',
  '1.2.840.10045.4.3.2': 'sha256',
  '1.2.840.10045.4.3.3': 'sha384',
  '1.2.840.10045.4.3.4': 'sha512',
};

const read = new WeakMap<Buffer, readonly RevocationList[]>();

/**
 * Null: it is not revoked. `crl`: PEM. `issuers`: where its authority may be. `now`: null where times do not count, nor do
 * those of lists then.
 */
export function revocation(
  certificate: X509Certificate,
  depth: number,
  issuers: readonly X509Certificate[],
  crl: Buffer,
  now: number | null,
): PathFailure | null {
  let lists = read.get(crl);
  if (lists === undefined) {
    lists = readLists(crl);
    read.set(crl, lists);
  }
  const { issuer } = certificateNames(certificate.raw);
  const keys = issuers.filter((other) => certificate.checkIssued(other)).map(({ publicKey }) => publicKey);
  const found = lists.filter((list) => list.issuer === issuer && keys.some((key) => isSignedBy(list, key)));
  const [first] = found;
  const fail = (words: string): PathFailure => ({ depth, words: `${crlFailed}${words}` });
  if (first === undefined) return fail('unable to get certificate CRL');
  const current = now === null ? found : found.filter((list) => timeFlaw(list, now) === null);
  if (current.length === 0) return fail(timeFlaw(first, now ?? 0) ?? '');
  const serial = certificate.serialNumber.toLowerCase().replace(/^0+/, '');
  return current.some(({ revoked }) => revoked.has(serial)) ? fail('certificate revoked') : null;
}

function timeFlaw({ thisUpdate, nextUpdate }: RevocationList, now: number): string | null {
  if (now < thisUpdate) return 'CRL is not yet valid';
  return nextUpdate !== null && now > nextUpdate ? 'CRL has expired' : null;
}

/** Throws when one cannot be read. */
export function readLists(pem: Buffer): readonly RevocationList[] {
  const blocks = pem.toString('latin1').matchAll(/-----BEGIN X509 CRL-----([^-]+)-----END X509 CRL-----/g);
  return [...blocks].map(([, base64 = '']) => readList(Buffer.from(base64, 'base64')));
}

function readList(der: Buffer): RevocationList {
  const whole = elements(der)[0];
  const [signed, algorithm, signature] = whole === undefined ? [] : elements(whole.content);
  if (signed === undefined || algorithm === undefined || signature === undefined) throw new Error('not a CRL');
  const fields = elements(signed.content);
  if (fields[0]?.tag === Tag.Integer) fields.shift();
  const [, issuer, thisUpdate, next] = fields;
  if (issuer === undefined || thisUpdate === undefined) throw new Error('not a CRL');
  const [oid] = elements(algorithm.content);
  // Behind the two times, where there are entries at all.
  const entries = fields.slice(2).find(({ tag }) => tag === Tag.Sequence);
  return {
    issuer: distinguishedName(issuer),
    signed: signed.whole,
    // Behind the number of unused bits.
    signature: signature.content.subarray(1),
    thisUpdate: timeOf(thisUpdate),
    nextUpdate: next === undefined || !isTime(next) ? null : timeOf(next),
    hash: oid === undefined ? '' : (hashes[objectIdentifier(oid.content)] ?? ''),
    revoked: new Set(entries === undefined ? [] : elements(entries.content).map(serialOf)),
  };
}

function serialOf(entry: Der): string {
  return (elements(entry.content)[0]?.content.toString('hex') ?? '').replace(/^0+/, '');
}

function isSignedBy({ hash, signed, signature }: RevocationList, key: KeyObject): boolean {
  return hash !== '' && verify(hash, signed, key, signature);
}
