// Revocation lists, where OpenSSL is not asked.
import { X509Certificate } from 'node:crypto';
import t from 'tap';
import { revocation } from '../../../src/tls/sockets/revocation.ts';
import { pki } from '../../parity/lib/pki.ts';

const files = await pki();
const certificate = (name: string) => new X509Certificate(files.file(`${name}.pem`));
const crl = (name: string) => Buffer.from(files.file(`${name}.pem`));
const ca = certificate('ca');
const now = Date.parse('2026-01-01T00:00:00Z');

t.test('who is on the list of his authority is revoked', async (t) => {
  t.equal(revocation(certificate('client'), 0, [ca], crl('crl'), now), null);
  t.match(revocation(certificate('client-revoked'), 0, [ca], crl('crl'), now), {
    depth: 0,
    words: /certificate revoked$/,
  });
  t.match(revocation(certificate('client-revoked'), 3, [ca], crl('both-crl'), now), { depth: 3, words: /revoked$/ });
});

t.test('without a list of the authority, or one that it has not signed, nobody is let in', async (t) => {
  const noList = { words: /unable to get certificate CRL$/ };
  t.match(revocation(certificate('client'), 0, [ca], crl('intermediate-crl'), now), noList);
  t.match(revocation(certificate('client'), 0, [certificate('other-ca')], crl('crl'), now), noList);
  const text = files.file('crl.pem');
  const middle = text.length >> 1;
  const forged = text.slice(0, middle) + (text[middle] === 'A' ? 'B' : 'A') + text.slice(middle + 1);
  t.not(revocation(certificate('client'), 0, [ca], Buffer.from(forged), now), null);
});

t.test('a list counts from its time to its next update, unless times do not count', async (t) => {
  const client = certificate('client');
  t.match(revocation(client, 0, [ca], crl('crl-outdated'), now), { words: /CRL has expired$/ });
  t.match(revocation(client, 0, [ca], crl('crl-not-yet'), now), { words: /CRL is not yet valid$/ });
  t.equal(revocation(client, 0, [ca], crl('crl-outdated'), Date.parse('2020-06-01')), null);
  t.equal(revocation(client, 0, [ca], crl('crl-outdated'), null), null);
  t.match(revocation(certificate('client-revoked'), 0, [ca], crl('crl-outdated'), null), { words: /revoked$/ });
  const both = Buffer.concat([crl('crl-outdated'), crl('crl')]);
  t.equal(revocation(client, 0, [ca], both, now), null, 'of several lists those of today count');
});
