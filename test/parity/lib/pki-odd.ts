// Owns the certificates of the harness's PKI that are odd in what they say, and the names that clients have.
import './reflect.ts';
import * as x509 from '@peculiar/x509';
import type { Entry, Names } from './pki.ts';

export const CLIENT: Names = [
  { type: 'url', value: 'spiffe://cluster.local/ns/default/sa/client' },
  { type: 'dns', value: 'client.test' },
  { type: 'dns', value: 'client.parity.test' },
  { type: 'email', value: 'client@parity.test' },
  { type: 'ip', value: '10.1.2.3' },
  { type: 'upn', value: 'client@upn.test' },
];
export const uri = (value: string): Names => [{ type: 'url', value }];
export const dns = (value: string): Names => [{ type: 'dns', value }];

export const ODD_ENTRIES: Entry[] = [
  {
    ...{ name: 'client-expired-revoked', issuer: 'ca', subject: 'CN=client-expired-revoked', serial: '0b20' },
    ...{ names: CLIENT, notBefore: '2020-01-01', notAfter: '2021-01-01' },
  },
  {
    // An authority that poses as a client.
    ...{ name: 'client-authority', issuer: 'ca', subject: 'CN=client-authority', serial: '0b21', names: CLIENT },
    authority: true,
  },
  {
    ...{ name: 'client-signs', issuer: 'ca', subject: 'CN=client-signs', serial: '0b22', names: CLIENT },
    keyUsage: x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.cRLSign,
  },
  {
    // Its first URI is no SPIFFE name.
    ...{ name: 'client-uri-first', issuer: 'ca', subject: 'CN=client-uri-first', serial: '0b23' },
    names: [...uri('https://first.test/'), ...uri('spiffe://cluster.local/ns/default/sa/client')],
  },
  {
    ...{ name: 'client-spiffe-slash', issuer: 'ca', subject: 'CN=client-spiffe-slash', serial: '0b24' },
    names: uri('spiffe://cluster.local/'),
  },
  {
    ...{ name: 'client-spiffe-bare', issuer: 'ca', subject: 'CN=client-spiffe-bare', serial: '0b25' },
    names: uri('spiffe://cluster.local'),
  },
  {
    ...{ name: 'client-spiffe-capital', issuer: 'ca', subject: 'CN=client-spiffe-capital', serial: '0b26' },
    names: uri('spiffe://Cluster.Local/ns/default/sa/client'),
  },
  {
    // Wildcards of every kind, and addresses that can be written in several ways.
    ...{ name: 'client-wild', issuer: 'ca', subject: 'CN=client-wild', serial: '0b27' },
    names: [
      ...dns('*.any.test'),
      ...dns('fo*.part.test'),
      ...dns('*bar.end.test'),
      ...dns('a*z.both.test'),
      ...dns('x.*.deep.test'),
      ...dns('Capital.Test'),
      { type: 'ip', value: '2001:db8::1' },
      { type: 'ip', value: '::ffff:a01:204' },
      { type: 'email', value: 'Some@Mail.Test' },
      ...uri('spiffe://cluster.local/ns/Default/sa/Wild'),
    ],
  },
  {
    // May only issue for names below allowed.test.
    ...{ name: 'constrained', issuer: 'ca', subject: 'CN=Constrained, O=Remora, C=DE', serial: '04', authority: true },
    permitted: 'allowed.test',
  },
  {
    ...{ name: 'client-allowed', issuer: 'constrained', subject: 'CN=client-allowed', serial: '0b28' },
    ...{ names: dns('client.allowed.test'), chain: ['constrained'] },
  },
  {
    ...{ name: 'client-not-allowed', issuer: 'constrained', subject: 'CN=client-not-allowed', serial: '0b29' },
    ...{ names: dns('client.parity.test'), chain: ['constrained'] },
  },
  {
    ...{ name: 'client-not-allowed-expired', issuer: 'constrained', subject: 'CN=client-not-allowed', serial: '0b2a' },
    ...{ names: dns('client.parity.test'), chain: ['constrained'], notBefore: '2020-01-01', notAfter: '2021-01-01' },
  },
  {
    ...{ name: 'client-encipher', issuer: 'ca', subject: 'CN=client-encipher', serial: '0b2b', names: CLIENT },
    ...{ key: 'rsa' as const, keyUsage: x509.KeyUsageFlags.keyEncipherment },
  },
  {
    // Enough for OpenSSL's purpose, not for a signature.
    ...{ name: 'client-agrees', issuer: 'ca', subject: 'CN=client-agrees', serial: '0b2c', names: CLIENT },
    keyUsage: x509.KeyUsageFlags.keyAgreement,
  },
];
