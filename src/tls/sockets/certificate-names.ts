// Owns what certificates say of their holder and issuer, read from their bytes: Node's own texts of subject and alternative
// names are made for people, and one name can look like another there.
import type { CertificateNames } from '../../observability/tls-info.ts';
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
  const certificate = elements(raw)[0];
  const signed = certificate && elements(certificate.content)[0];
  const fields = signed === undefined ? [] : elements(signed.content);
  // An explicit version comes first, where there is one.
  const first = fields[0]?.tag === versionTag ? 1 : 0;
  const issuer = fields[first + 2];
  const subject = fields[first + 4];
  const sans = alternativeNames(fields.find(({ tag }) => tag === extensionsTag));
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
const extensionsTag = 0xa3;
const subjectAltName = '2.5.29.17';
/** GeneralName (RFC 5280 section 4.2.1.6). */
const nameTag = { other: 0xa0, email: 0x81, dns: 0x82, uri: 0x86, ip: 0x87 } as const;

function alternativeNames(extensions: Der | undefined): Der[] {
  const list = extensions && elements(extensions.content)[0];
  for (const extension of list === undefined ? [] : elements(list.content)) {
    const [id, ...rest] = elements(extension.content);
    const value = rest.at(-1);
    if (id === undefined || value === undefined || objectIdentifier(id.content) !== subjectAltName) continue;
    const names = elements(value.content)[0];
    return names === undefined ? [] : elements(names.content);
  }
  return [];
}

/** Authorities below it that a certificate allows (basicConstraints); null: no limit. */
export function pathLengthOf(raw: Buffer): number | null {
  const certificate = elements(raw)[0];
  const signed = certificate && elements(certificate.content)[0];
  const fields = signed === undefined ? [] : elements(signed.content);
  const extensions = fields.find(({ tag }) => tag === extensionsTag);
  const list = extensions && elements(extensions.content)[0];
  for (const extension of list === undefined ? [] : elements(list.content)) {
    const [id, ...rest] = elements(extension.content);
    const value = rest.at(-1);
    if (id === undefined || value === undefined || objectIdentifier(id.content) !== basicConstraints) continue;
    const constraints = elements(value.content)[0];
    const length = constraints && elements(constraints.content).find(({ tag }) => tag === Tag.Integer);
    // Longer numbers are no limit in practice.
    return length === undefined || length.content.length !== 1 ? null : (length.content[0] ?? null);
  }
  return null;
}

const basicConstraints = '2.5.29.19';

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
  if (content.length === 4) return content.join('.');
  if (content.length !== 16) return '';
  const groups = Array.from({ length: 8 }, (_, index) => content.readUInt16BE(index * 2).toString(16));
  return new URL(`http://[${groups.join(':')}]/`).hostname.slice(1, -1);
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
