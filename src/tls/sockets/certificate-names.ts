// Owns what certificates say of their holder and issuer, read from their bytes: Node's own texts of subject and alternative
// names are made for people, and one name can look like another there.
import { addressText } from '../../base/cidr.ts';
import type { CertificateNames } from '../../observability/tls-info.ts';
import { extensionValue, signedFields } from './certificate-extensions.ts';
import { type Der, elements, objectIdentifier, stringOf, Tag } from './der.ts';
import { distinguishedName } from './distinguished-name.ts';

export interface OrderedNames extends CertificateNames {
  /** All of them, in the certificate's order. */
  readonly alternativeNames: readonly AlternativeName[];
}

export type NameKind = 'dns' | 'uri' | 'email' | 'ip' | 'other';

export interface AlternativeName {
  readonly kind: NameKind;
  readonly value: string;
  /** Of `other`: its type; else empty. */
  readonly oid: string;
}

/** `raw`: a certificate in DER (RFC 5280 section 4.1). */
export function certificateNames(raw: Buffer): OrderedNames {
  const fields = signedFields(raw);
  // An explicit version comes first, where there is one.
  const first = fields[0]?.tag === versionTag ? 1 : 0;
  const issuer = fields[first + 2];
  const subject = fields[first + 4];
  const sans = alternativeNames(fields);
  const of = (tag: number, read: (name: Der) => string): string[] =>
    sans.filter((name) => name.tag === tag).map((name) => read(name));
  const text = ({ content }: Der): string => content.toString('utf8');
  return {
    subject: subject === undefined ? '' : distinguishedName(subject),
    issuer: issuer === undefined ? '' : distinguishedName(issuer),
    uriSans: of(nameTag.uri, text),
    dnsSans: of(nameTag.dns, text),
    ipSans: of(nameTag.ip, ({ content }) => ipText(content)),
    emailSans: of(nameTag.email, text),
    otherNameSans: of(nameTag.other, otherName),
    otherNameTypes: of(nameTag.other, ({ content }) => objectIdentifier(elements(content)[0]?.content ?? noBytes)),
    alternativeNames: sans.flatMap(alternativeName),
  };
}

const noBytes = Buffer.alloc(0);
const versionTag = 0xa0;
const subjectAltName = '2.5.29.17';
/** GeneralName (RFC 5280 section 4.2.1.6). */
const nameTag = { other: 0xa0, email: 0x81, dns: 0x82, uri: 0x86, ip: 0x87 } as const;

function alternativeNames(fields: readonly Der[]): Der[] {
  const names = extensionValue(fields, subjectAltName);
  return names === null ? [] : elements(names.content);
}

function alternativeName(name: Der): AlternativeName | [] {
  const text = name.content.toString('utf8');
  switch (name.tag) {
    case nameTag.uri:
      return { kind: 'uri', value: text, oid: '' };
    case nameTag.dns:
      return { kind: 'dns', value: text, oid: '' };
    case nameTag.email:
      return { kind: 'email', value: text, oid: '' };
    case nameTag.ip:
      return { kind: 'ip', value: ipText(name.content), oid: '' };
    case nameTag.other: {
      const type = elements(name.content)[0];
      return { kind: 'other', value: otherName(name), oid: type === undefined ? '' : objectIdentifier(type.content) };
    }
    default:
      return [];
  }
}

function ipText(content: Buffer): string {
  if (content.length !== 4 && content.length !== 16) return '';
  return addressText(BigInt(`0x${content.toString('hex')}`), content.length === 4 ? 4 : 6);
}

/** The value, as text where it is one. */
function otherName({ content }: Der): string {
  const wrapped = elements(content)[1];
  const value = wrapped && elements(wrapped.content)[0];
  if (value === undefined) return '';
  switch (value.tag) {
    case Tag.Boolean:
      return value.content[0] === 0 ? 'false' : 'true';
    case Tag.Integer:
    case Tag.Enumerated:
      return integerText(value.content);
    case Tag.ObjectIdentifier:
      return objectIdentifier(value.content);
    default:
      return stringOf(value) ?? value.content.toString('utf8');
  }
}

function integerText(content: Buffer): string {
  return BigInt.asIntN(content.length * 8, BigInt(`0x${content.toString('hex') || '0'}`)).toString();
}
