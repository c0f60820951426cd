// Owns the fingerprints of TLS clients, from what their ClientHello offers in which order.
// Sources: https://github.com/salesforce/ja3 and https://github.com/FoxIO-LLC/ja4 (technical_details/JA4.md).
import { hash } from 'node:crypto';
import type { ClientHello } from '../../../../tls/api.ts';

/** Values that clients throw in at random so that servers stay tolerant (RFC 8701): 0x0a0a, 0x1a1a … 0xfafa. */
function isGrease(value: number): boolean {
  return (value & 0x0f0f) === 0x0a0a && value >> 8 === (value & 0xff);
}

function withoutGrease(values: readonly number[]): number[] {
  return values.filter((value) => !isGrease(value));
}

export function ja3Fingerprint(hello: ClientHello): string {
  const ciphers = withoutGrease(hello.cipherSuites).join('-');
  const extensions = withoutGrease(hello.extensions).join('-');
  // As Envoy, and unlike the description: random values stay among the groups.
  const groups = hello.supportedGroups.join('-');
  return hash('md5', [hello.version, ciphers, extensions, groups, hello.pointFormats.join('-')].join(','), 'hex');
}

const serverNameExtension = 0;
const alpnExtension = 16;

export function ja4Fingerprint(hello: ClientHello): string {
  const ciphers = withoutGrease(hello.cipherSuites);
  const extensions = withoutGrease(hello.extensions);
  const summary = [
    't',
    versionText(Math.max(0, ...withoutGrease(hello.supportedVersions)) || hello.version),
    extensions.includes(serverNameExtension) ? 'd' : 'i',
    count(ciphers),
    count(extensions),
    protocolText(hello.applicationProtocols[0]),
  ].join('');
  const shown = extensions.filter((type) => type !== serverNameExtension && type !== alpnExtension);
  const algorithms = withoutGrease(hello.signatureAlgorithms).map(hex);
  const behind = algorithms.length === 0 ? '' : `_${algorithms.join(',')}`;
  return `${summary}_${digest(sorted(ciphers))}_${digest(shown.length === 0 ? '' : sorted(shown) + behind)}`;
}

function versionText(version: number): string {
  return { 772: '13', 771: '12', 770: '11', 769: '10', 768: 's3', 2: 's2' }[version] ?? '00';
}

function count(list: readonly number[]): string {
  return String(Math.min(list.length, 99)).padStart(2, '0');
}

/** First and last character of the first protocol; of its hexadecimal form where they are no letters or digits. */
function protocolText(protocol: string | undefined): string {
  if (protocol === undefined || protocol === '') return '00';
  const ends = protocol.charAt(0) + protocol.charAt(protocol.length - 1);
  if (/^[0-9A-Za-z]{2}$/.test(ends)) return ends;
  const digits = Buffer.from(protocol, 'latin1').toString('hex');
  return digits.charAt(0) + digits.charAt(digits.length - 1);
}

function hex(value: number): string {
  return value.toString(16).padStart(4, '0');
}

function sorted(list: readonly number[]): string {
  return list.map(hex).sort().join(',');
}

function digest(text: string): string {
  return text === '' ? '000000000000' : hash('sha256', text, 'hex').slice(0, 12);
}
