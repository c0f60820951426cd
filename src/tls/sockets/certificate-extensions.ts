// Owns the reading of a certificate's extensions (RFC 5280 section 4.2) that Node does not tell of, from its bytes.
import { type Der, elements, objectIdentifier, Tag } from './der.ts';

const extensionsTag = 0xa3;

/** The fields of what is signed, of a certificate in DER (RFC 5280 section 4.1); empty: it is none. */
export function signedFields(raw: Buffer): Der[] {
  const certificate = elements(raw)[0];
  const signed = certificate && elements(certificate.content)[0];
  return signed === undefined ? [] : elements(signed.content);
}

/** The value of an extension; null: the certificate has none of it. */
export function extensionValue(fields: readonly Der[], oid: string): Der | null {
  const extensions = fields.find(({ tag }) => tag === extensionsTag);
  const list = extensions && elements(extensions.content)[0];
  for (const extension of list === undefined ? [] : elements(list.content)) {
    const [id, ...rest] = elements(extension.content);
    const value = rest.at(-1);
    if (id === undefined || value === undefined || objectIdentifier(id.content) !== oid) continue;
    return elements(value.content)[0] ?? null;
  }
  return null;
}

/** Authorities below it that a certificate allows (basicConstraints); null: no limit. */
export function pathLengthOf(raw: Buffer): number | null {
  const constraints = extensionValue(signedFields(raw), '2.5.29.19');
  const length = constraints && elements(constraints.content).find(({ tag }) => tag === Tag.Integer);
  // Longer numbers are no limit in practice.
  return length?.content.length !== 1 ? null : (length.content[0] ?? null);
}

/** Bits of a key usage (RFC 5280 section 4.2.1.3). */
export const KeyUsage = { DigitalSignature: 0x80, KeyEncipherment: 0x20, KeyCertSign: 0x04, CrlSign: 0x02 } as const;

/** What the key may be used for; null: the certificate does not say, any use is fine. */
export function keyUsageOf(raw: Buffer): number | null {
  const bits = extensionValue(signedFields(raw), '2.5.29.15');
  // Behind the number of unused bits.
  return bits === null ? null : (bits.content[1] ?? 0);
}

/** status_request, as a TLS feature (RFC 7633). */
const statusRequest = 5;

/** Whether who shows the certificate promises to staple an OCSP response. */
export function mustStaple(raw: Buffer): boolean {
  const features = extensionValue(signedFields(raw), '1.3.6.1.5.5.7.1.24');
  if (features === null) return false;
  return elements(features.content).some(({ content }) => content.length === 1 && content[0] === statusRequest);
}
