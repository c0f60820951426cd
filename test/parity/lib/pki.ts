// Owns the harness's own small PKI: authorities, servers, clients and what is wrong with them, made anew for each run of the
// harness, so that no key is kept anywhere. Names, serials and times are always the same; keys and thus hashes are not, and are
// replaced by names before anything is compared. docs/parity.md lists what there is.
import './reflect.ts';
import { createHash, createPrivateKey, type KeyObject, webcrypto, X509Certificate } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';
import { type OcspSingle, ocspResponse } from './ocsp.ts';
import { CLIENT, dns, ODD_ENTRIES, uri } from './pki-odd.ts';

// Its types are a browser's.
x509.cryptoProvider.set(webcrypto as unknown as Crypto);

/** The folder below @TMP@. */
export const PKI_FOLDER = 'pki';

export type Names = x509.JsonGeneralNames;
type Pair = webcrypto.CryptoKeyPair;

export interface Entry {
  name: string;
  issuer: string;
  subject: string;
  serial: string;
  names?: Names;
  key?: 'ecdsa' | 'ecdsa-p384' | 'rsa';
  authority?: boolean;
  /** Default: 2020 to 2049. */
  notBefore?: string;
  notAfter?: string;
  /** The file has these certificates after the leaf. */
  chain?: string[];
  usage?: 'server' | 'client' | 'both';
  /** Bits of the key usage; default digitalSignature (and keyEncipherment). */
  keyUsage?: number;
  /** Who shows it has to staple an OCSP response (RFC 7633). */
  mustStaple?: boolean;
  /** An authority for names below this domain alone. */
  permitted?: string;
}

const SERVER: Names = [
  { type: 'dns', value: 'server.test' },
  { type: 'dns', value: '*.wild.test' },
  { type: 'ip', value: '127.0.0.1' },
  { type: 'url', value: 'spiffe://cluster.local/ns/default/sa/server' },
];

const ENTRIES: Entry[] = [
  { name: 'ca', issuer: 'ca', subject: 'CN=Parity CA, O=Remora, C=DE', serial: '01', authority: true },
  { name: 'other-ca', issuer: 'other-ca', subject: 'CN=Other CA, O=Remora, C=DE', serial: '02', authority: true },
  { name: 'intermediate', issuer: 'ca', subject: 'CN=Intermediate, O=Remora, C=DE', serial: '03', authority: true },
  { name: 'server-rsa', issuer: 'ca', subject: 'CN=server-rsa, O=Remora', serial: '0a01', names: SERVER, key: 'rsa' },
  { name: 'server', issuer: 'ca', subject: 'CN=server, O=Remora', serial: '0a02', names: SERVER },
  { name: 'server-other', issuer: 'ca', subject: 'CN=server-other', serial: '0a03', names: dns('other.test') },
  {
    ...{ name: 'server-other-rsa', issuer: 'ca', subject: 'CN=server-other-rsa', serial: '0a04', key: 'rsa' },
    names: dns('other.test'),
  } as Entry,
  { name: 'server-untrusted', issuer: 'other-ca', subject: 'CN=server-untrusted', serial: '0a05', names: SERVER },
  {
    ...{ name: 'server-expired', issuer: 'ca', subject: 'CN=server-expired', serial: '0a06', names: SERVER },
    ...{ notBefore: '2020-01-01', notAfter: '2021-01-01' },
  },
  { name: 'server-p384', issuer: 'ca', subject: 'CN=server-p384', serial: '0a07', names: SERVER, key: 'ecdsa-p384' },
  { name: 'server-cn', issuer: 'ca', subject: 'CN=cn.test', serial: '0a08' },
  {
    ...{ name: 'server-intermediate', issuer: 'intermediate', subject: 'CN=server-intermediate', serial: '0a09' },
    ...{ names: SERVER, chain: ['intermediate'] },
  },
  {
    // For enforce_rsa_key_usage: a key that may only decipher.
    ...{ name: 'server-rsa-encipher', issuer: 'ca', subject: 'CN=server-rsa-encipher', serial: '0a0a', names: SERVER },
    ...{ key: 'rsa' as const, keyUsage: x509.KeyUsageFlags.keyEncipherment },
  },
  {
    // And one that may only sign.
    ...{ name: 'server-rsa-sign', issuer: 'ca', subject: 'CN=server-rsa-sign', serial: '0a0c', names: SERVER },
    ...{ key: 'rsa' as const, keyUsage: x509.KeyUsageFlags.digitalSignature },
  },
  {
    ...{ name: 'server-staple', issuer: 'ca', subject: 'CN=server-staple', serial: '0a0b', names: SERVER },
    mustStaple: true,
  },
  { name: 'client', issuer: 'ca', subject: 'CN=client, OU=Tests, O=Remora', serial: '0b01', names: CLIENT },
  { name: 'client-rsa', issuer: 'ca', subject: 'CN=client-rsa', serial: '0b02', names: CLIENT, key: 'rsa' },
  {
    ...{ name: 'client-expired', issuer: 'ca', subject: 'CN=client-expired', serial: '0b03', names: CLIENT },
    ...{ notBefore: '2020-01-01', notAfter: '2021-01-01' },
  },
  {
    ...{ name: 'client-not-yet', issuer: 'ca', subject: 'CN=client-not-yet', serial: '0b04', names: CLIENT },
    ...{ notBefore: '2048-01-01', notAfter: '2049-01-01' },
  },
  { name: 'client-untrusted', issuer: 'other-ca', subject: 'CN=client-untrusted', serial: '0b05', names: CLIENT },
  {
    ...{ name: 'client-untrusted-expired', issuer: 'other-ca', subject: 'CN=client-untrusted-expired', serial: '0b06' },
    ...{ names: CLIENT, notBefore: '2020-01-01', notAfter: '2021-01-01' },
  },
  {
    ...{ name: 'client-intermediate', issuer: 'intermediate', subject: 'CN=client-intermediate', serial: '0b07' },
    ...{ names: CLIENT, chain: ['intermediate'] },
  },
  {
    // The same without its issuer in the file.
    ...{ name: 'client-no-chain', issuer: 'intermediate', subject: 'CN=client-no-chain', serial: '0b08' },
    names: CLIENT,
  },
  { name: 'client-nameless', issuer: 'ca', subject: 'CN=client.test', serial: '0b09' },
  { name: 'client-revoked', issuer: 'ca', subject: 'CN=client-revoked', serial: '0b0a', names: CLIENT },
  {
    ...{ name: 'client-other-domain', issuer: 'ca', subject: 'CN=client-other-domain', serial: '0b0b' },
    names: uri('spiffe://other.domain/ns/default/sa/client'),
  },
  {
    ...{ name: 'client-spiffe-other', issuer: 'other-ca', subject: 'CN=client-spiffe-other', serial: '0b0c' },
    names: uri('spiffe://other.domain/ns/default/sa/client'),
  },
  {
    ...{ name: 'client-uris', issuer: 'ca', subject: 'CN=client-uris', serial: '0b0e' },
    names: [
      ...uri('spiffe://cluster.local/ns/one/sa/a'),
      ...uri('spiffe://cluster.local/ns/two/sa/b'),
      ...dns('one.test'),
      ...dns('two.test'),
    ],
  },
  {
    // What has to be quoted or escaped where it is written.
    ...{ name: 'client-odd', issuer: 'ca', serial: '0b0f' },
    subject:
      'CN=\\"odd\\"\\, \\\\ \\; \\+ name=\\<x\\>\\#, OU=Ümläut, O=a+L=b, 1.2.3.4=custom, E=e@parity.test, O=\\#first\\ ',
    names: [
      ...uri('https://odd.test/?a=b;c,d"e"\\f#g'),
      ...dns('odd";,=.test'),
      { type: 'email', value: 'odd"@parity.test' },
    ],
  },
  {
    // Attributes whose short names not everybody writes alike.
    ...{ name: 'client-types', issuer: 'ca', serial: '0b10' },
    subject: [
      [
        'CN=types, SN=sn, 2.5.4.5=1, C=DE, L=l, ST=st, 2.5.4.9=street, O=o, OU=ou, T=title, G=gn, I=i, 0.9.2342.19200300.100.1.1=uid, DC=dc',
      ],
      ['2.5.4.13=a, 2.5.4.17=b, 2.5.4.41=c, 2.5.4.44=d, 2.5.4.46=f, 2.5.4.65=g, 2.5.4.15=k, 2.5.4.16=l, 2.5.4.18=m'],
      ['1.2.840.113549.1.9.2=h, 1.2.840.113549.1.9.8=i, 2.5.4.97=j, 2.5.4.72=n, 2.5.4.20=o, 2.5.4.54=p, 2.5.4.45=q'],
      ['1.3.6.1.4.1.311.60.2.1.1=r, 1.3.6.1.4.1.311.60.2.1.2=s, 1.3.6.1.4.1.311.60.2.1.3=DE'],
    ].join(', '),
    names: uri('spiffe://cluster.local/ns/default/sa/types'),
  },
  {
    ...{ name: 'client-as-server', issuer: 'ca', subject: 'CN=client-as-server', serial: '0b0d', names: CLIENT },
    usage: 'server',
  },
  ...ODD_ENTRIES,
  { name: 'self-signed', issuer: 'self-signed', subject: 'CN=self-signed', serial: '0c01', names: SERVER },
];

/** What stands in for a certificate's hashes and encodings in recordings. */
export interface Fingerprint {
  text: string;
  name: string;
}

export class Pki {
  /** File name → content, for the folder `pki`. */
  readonly files = new Map<string, string>();
  /** The same, of bytes. */
  readonly binaries = new Map<string, Buffer>();
  /** `sha256:NAME`, `spki:NAME`: what `@sha256:NAME@` stands for in an envoy.yaml. */
  readonly hashes = new Map<string, string>();
  readonly fingerprints: Fingerprint[] = [];

  write(folder: string): void {
    mkdirSync(join(folder, PKI_FOLDER), { recursive: true });
    for (const [name, bytes] of this.binaries) writeFileSync(join(folder, PKI_FOLDER, name), bytes);
    for (const [name, text] of this.files) writeFileSync(join(folder, PKI_FOLDER, name), text);
  }

  file(name: string): string {
    const text = this.files.get(name);
    if (text === undefined) throw new Error(`the PKI has no ${name}: ${[...this.files.keys()].join(', ')}`);
    return text;
  }
}

let made: Promise<Pki> | null = null;

/** Made once for each process. */
export function pki(): Promise<Pki> {
  made ??= make();
  return made;
}

const ALGORITHMS = {
  ecdsa: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  'ecdsa-p384': { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384' },
  rsa: {
    name: 'RSASSA-PKCS1-v1_5',
    modulusLength: 2048,
    publicExponent: new Uint8Array([1, 0, 1]),
    hash: 'SHA-256',
  },
};

async function make(): Promise<Pki> {
  const result = new Pki();
  const pairs = new Map<string, Pair>();
  const certificates = new Map<string, x509.X509Certificate>();
  for (const entry of ENTRIES) {
    const algorithm = ALGORITHMS[entry.key ?? 'ecdsa'];
    const pair = (await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as Pair;
    pairs.set(entry.name, pair);
    const issuer = ENTRIES.find((other) => other.name === entry.issuer) ?? entry;
    const issuerPair = pairs.get(entry.issuer) ?? pair;
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: entry.serial,
      subject: entry.subject,
      issuer: issuer.subject,
      notBefore: new Date(`${entry.notBefore ?? '2020-01-01'}T00:00:00Z`),
      notAfter: new Date(`${entry.notAfter ?? '2049-01-01'}T00:00:00Z`),
      signingAlgorithm: ALGORITHMS[issuer.key ?? 'ecdsa'],
      publicKey: pair.publicKey,
      signingKey: issuerPair.privateKey,
      extensions: await extensions(entry, pair, issuerPair),
    });
    certificates.set(entry.name, certificate);
    keep(result, entry, certificate, await pemOf(pair.privateKey));
  }
  for (const entry of ENTRIES) {
    const chain = [entry.name, ...(entry.chain ?? [])].map((name) => certificates.get(name)?.toString('pem') ?? '');
    result.files.set(`${entry.name}.pem`, `${chain.join('\n')}\n`);
  }
  const serverKey = createPrivateKey(result.file('server.key'));
  const encrypted = serverKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' });
  result.files.set('server-encrypted.key', String(encrypted));
  result.files.set('both-ca.pem', result.file('ca.pem') + result.file('other-ca.pem'));
  const ca = pairs.get('ca');
  const intermediate = pairs.get('intermediate');
  if (ca === undefined || intermediate === undefined) throw new Error('no authority');
  result.files.set('crl.pem', await crl('ca', ca, ['0b0a', '0b20']));
  result.files.set('crl-outdated.pem', await crl('ca', ca, ['0b0a'], '2020-01-01', '2021-01-01'));
  result.files.set('crl-not-yet.pem', await crl('ca', ca, ['0b0a'], '2048-01-01', '2049-01-01'));
  result.files.set('intermediate-crl.pem', await crl('intermediate', intermediate, []));
  result.files.set('both-crl.pem', result.file('crl.pem') + result.file('intermediate-crl.pem'));
  for (const [name, answer] of ocspAnswers(result)) {
    const issuerKey = createPrivateKey(result.file('ca.key'));
    result.binaries.set(`${name}.der`, ocspResponse(answer, new X509Certificate(result.file('ca.pem')), issuerKey));
  }
  const bundles = {
    'spiffe-bundles': { 'cluster.local': 'ca', 'other.domain': 'other-ca' },
    'spiffe-other': { 'cluster.local': 'other-ca' },
  };
  for (const [name, domains] of Object.entries(bundles))
    result.files.set(`${name}.json`, trustBundles(result, domains));
  result.files.set('spiffe-bad.json', '{"trust_domains": {"cluster.local": {"keys": []}}}');
  // 80 bytes each, as Envoy takes them.
  for (const name of ['ticket-a', 'ticket-b']) {
    const seed = createHash('sha512').update(name).digest('latin1');
    result.files.set(`${name}.key`, (seed + seed).slice(0, 80).replace(/[^\x21-\x7e]/g, 'k'));
  }
  return result;
}

/** `ocsp-NAME`, and what may be wrong with one. */
function ocspAnswers(files: Pki): [string, { status?: number; singles: OcspSingle[] }][] {
  const single = (name: string, more: Partial<OcspSingle> = {}): OcspSingle => ({
    certificate: new X509Certificate(files.file(`${name}.pem`)),
    ...more,
  });
  return [
    ...['server', 'server-rsa', 'server-staple'].map((name): [string, { singles: OcspSingle[] }] => [
      `ocsp-${name}`,
      { singles: [single(name)] },
    ]),
    ['ocsp-server-endless', { singles: [single('server', { nextUpdate: null })] }],
    ['ocsp-server-early', { singles: [single('server', { thisUpdate: '2048' })] }],
    ['ocsp-server-expired', { singles: [single('server', { nextUpdate: '2021' })] }],
    ['ocsp-server-staple-expired', { singles: [single('server-staple', { nextUpdate: '2021' })] }],
    ['ocsp-server-revoked', { singles: [single('server', { revoked: true })] }],
    ['ocsp-two', { singles: [single('server'), single('server-rsa')] }],
    ['ocsp-later', { status: 3, singles: [] }],
  ];
}

/** A document of SPIFFE trust bundles: of each domain its authority. */
function trustBundles(files: Pki, domains: Readonly<Record<string, string>>): string {
  const bundle = (authority: string) => {
    const x5c = [new X509Certificate(files.file(`${authority}.pem`)).raw.toString('base64')];
    return { keys: [{ kty: 'EC', use: 'x509-svid', x5c }] };
  };
  const entries = Object.entries(domains).map(([domain, authority]) => [domain, bundle(authority)]);
  return JSON.stringify({ trust_domains: Object.fromEntries(entries) });
}

async function extensions(entry: Entry, pair: Pair, issuer: Pair): Promise<x509.Extension[]> {
  const list: x509.Extension[] = [
    new x509.BasicConstraintsExtension(entry.authority ?? false, undefined, true),
    await x509.SubjectKeyIdentifierExtension.create(pair.publicKey),
    await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
  ];
  const flags = x509.KeyUsageFlags;
  if (entry.authority) {
    list.push(new x509.KeyUsagesExtension(flags.keyCertSign | flags.cRLSign, true));
    if (entry.permitted !== undefined) list.push(nameConstraints(entry.permitted));
    if (entry.names !== undefined) list.push(new x509.SubjectAlternativeNameExtension(entry.names));
    return list;
  }
  list.push(new x509.KeyUsagesExtension(entry.keyUsage ?? flags.digitalSignature | flags.keyEncipherment, true));
  const { serverAuth, clientAuth } = x509.ExtendedKeyUsage;
  const usages = { server: [serverAuth], client: [clientAuth], both: [serverAuth, clientAuth] };
  list.push(new x509.ExtendedKeyUsageExtension(usages[entry.usage ?? 'both']));
  // TLSFeature: status_request.
  if (entry.mustStaple) list.push(new x509.Extension('1.3.6.1.5.5.7.1.24', false, Buffer.from('3003020105', 'hex')));
  if (entry.names !== undefined) list.push(new x509.SubjectAlternativeNameExtension(entry.names));
  return list;
}

/** RFC 5280 section 4.2.1.10: one permitted subtree. */
function nameConstraints(domain: string): x509.Extension {
  const wrap = (tag: number, content: Buffer) => Buffer.concat([Buffer.from([tag, content.length]), content]);
  const der = wrap(0x30, wrap(0xa0, wrap(0x30, wrap(0x82, Buffer.from(domain)))));
  return new x509.Extension('2.5.29.30', true, new Uint8Array(der));
}

function keep(result: Pki, { name }: Entry, certificate: x509.X509Certificate, key: string): void {
  result.files.set(`${name}.key`, key);
  const pem = `${certificate.toString('pem')}\n`;
  const parsed = new X509Certificate(pem);
  const hex = (text: string) => text.replaceAll(':', '').toLowerCase();
  const sha256 = hex(parsed.fingerprint256);
  const spki = createHash('sha256').update(spkiOf(parsed.publicKey)).digest('base64');
  result.hashes.set(`sha256:${name}`, sha256);
  result.hashes.set(`SHA256:${name}`, parsed.fingerprint256);
  result.hashes.set(`spki:${name}`, spki);
  const encoded = [...pem].map((c) => (/[A-Za-z0-9]/.test(c) ? c : escaped(c))).join('');
  result.fingerprints.push(
    { text: sha256, name: `<sha256 ${name}>` },
    { text: hex(parsed.fingerprint), name: `<sha1 ${name}>` },
    { text: encoded, name: `<pem ${name}>` },
    { text: encodeURIComponent(pem), name: `<pem ${name}>` },
    { text: JSON.stringify(pem).slice(1, -1), name: `<json pem ${name}>` },
    { text: spki, name: `<spki ${name}>` },
  );
}

/** As the proxy writes it: letters, digits and `-._~` stay. */
function escaped(character: string): string {
  if (/[-._~]/.test(character)) return character;
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}

function spkiOf(key: KeyObject): Buffer {
  return key.export({ type: 'spki', format: 'der' });
}

async function pemOf(key: webcrypto.CryptoKey): Promise<string> {
  return `${x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')}\n`;
}

async function crl(
  issuer: string,
  pair: Pair,
  revoked: string[],
  thisUpdate = '2020-01-01',
  nextUpdate = '2049-01-01',
): Promise<string> {
  const entry = ENTRIES.find((other) => other.name === issuer);
  const list = await x509.X509CrlGenerator.create({
    issuer: entry?.subject ?? '',
    thisUpdate: new Date(`${thisUpdate}T00:00:00Z`),
    nextUpdate: new Date(`${nextUpdate}T00:00:00Z`),
    entries: revoked.map((serialNumber) => ({
      serialNumber,
      revocationDate: new Date('2020-02-01T00:00:00Z'),
      reason: x509.X509CrlReason.keyCompromise,
    })),
    signingAlgorithm: ALGORITHMS.ecdsa,
    signingKey: pair.privateKey,
  });
  // The name that OpenSSL looks for.
  return `${list.toString('pem').replaceAll(' CRL-', ' X509 CRL-')}\n`;
}
