// Owns what is known of a certificate: read once for each certificate, whatever the number of connections that show it.
import type { X509Certificate } from 'node:crypto';
import type { CertificateInfo } from '../../observability/tls-info.ts';

/** Certificates of workloads are few and live for hours; a client that shows ever new ones must not fill the memory. */
const maxKnown = 1024;
const known = new Map<string, CertificateInfo>();

/** `certificate`: as the handshake left it. */
export function certificateInfo(certificate: X509Certificate): CertificateInfo {
  const key = certificate.fingerprint256;
  const present = known.get(key);
  if (present !== undefined) return present;
  const info = read(certificate);
  if (known.size >= maxKnown) known.delete(known.keys().next().value ?? '');
  known.set(key, info);
  return info;
}

function read(certificate: X509Certificate): CertificateInfo {
  const names = (certificate.subjectAltName ?? '').split(', ');
  const of = (prefix: string): string[] =>
    names.filter((name) => name.startsWith(prefix)).map((name) => unquote(name.slice(prefix.length)));
  return {
    subject: distinguishedName(certificate.subject),
    issuer: distinguishedName(certificate.issuer),
    serial: certificate.serialNumber.toLowerCase(),
    sha256: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
    sha1: certificate.fingerprint.replaceAll(':', '').toLowerCase(),
    uriSans: of('URI:'),
    dnsSans: of('DNS:'),
    ipSans: of('IP Address:'),
    emailSans: of('email:'),
    otherNameSans: [],
    urlEncodedPem: encodeURIComponent(certificate.toString()),
    validFrom: Date.parse(certificate.validFrom),
    validTo: Date.parse(certificate.validTo),
  };
}

/** Node writes one attribute a line, the first first; RFC 2253 begins with the last. */
function distinguishedName(lines: string | undefined): string {
  return (lines ?? '').split('\n').reverse().join(',');
}

function unquote(name: string): string {
  return name.startsWith('"') ? (JSON.parse(name) as string) : name;
}
