// Owns the look at revocation lists for the peer's certificate alone (`only_verify_leaf_cert_crl`): OpenSSL, asked through
// Node, wants lists of all authorities of the chain (RFC 5280, section 6.3).
import { type KeyObject, verify, type X509Certificate } from 'node:crypto';
import { certificateNames } from './certificate-names.ts';
import { type Der, elements, objectIdentifier, Tag } from './der.ts';
import { distinguishedName } from './distinguished-name.ts';
import type { ValidationSettings } from './settings.ts';
import type { PathFailure } from './trust-path.ts';

const prefix = 'certificate revocation check against provided CRLs failed: ';

interface RevocationList {
  readonly issuer: string;
  readonly signed: Buffer;
  readonly signature: Buffer;
  readonly hash: string;
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

/** Null: it is not revoked, or nobody asks here. `issuers`: where its authority may be. */
export function leafRevocation(
  leaf: X509Certificate,
  issuers: readonly X509Certificate[],
  { crl, crlOfLeafOnly }: ValidationSettings,
): PathFailure | null {
  if (crl === null || !crlOfLeafOnly) return null;
  let lists = read.get(crl);
  if (lists === undefined) {
    lists = readLists(crl);
    read.set(crl, lists);
  }
  const { issuer } = certificateNames(leaf.raw);
  const keys = issuers.filter((other) => leaf.checkIssued(other)).map(({ publicKey }) => publicKey);
  const found = lists.filter((list) => list.issuer === issuer && keys.some((key) => isSignedBy(list, key)));
  if (found.length === 0) return { depth: 0, words: `${prefix}unable to get certificate CRL` };
  const serial = leaf.serialNumber.toLowerCase().replace(/^0+/, '');
  return found.some(({ revoked }) => revoked.has(serial)) ? { depth: 0, words: `${prefix}certificate revoked` } : null;
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
  const [, issuer] = fields;
  if (issuer === undefined) throw new Error('not a CRL');
  const [oid] = elements(algorithm.content);
  // Behind the two times, where there are entries at all.
  const entries = fields.slice(2).find(({ tag }) => tag === Tag.Sequence);
  return {
    issuer: distinguishedName(issuer),
    signed: signed.whole,
    // Behind the number of unused bits.
    signature: signature.content.subarray(1),
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
