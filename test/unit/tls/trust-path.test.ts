// Whether a certificate leads to an authority that is trusted, where OpenSSL is not asked.
import { X509Certificate } from 'node:crypto';
import t from 'tap';
import { findPath, timeFailure } from '../../../src/tls/sockets/trust-path.ts';
import { pki } from '../../parity/lib/pki.ts';

const files = await pki();
const certificate = (name: string) => new X509Certificate(files.file(`${name}.pem`));
const now = Date.parse('2026-01-01T00:00:00Z');
const rules = {
  authorities: [certificate('ca')],
  maxIntermediates: null,
  flaw: (it: X509Certificate, depth: number) => timeFailure(it, depth, now),
};

t.test('a certificate of the authority, straight or through one that was shown', async (t) => {
  t.equal(findPath(certificate('client'), [], rules), null);
  t.equal(findPath(certificate('client-intermediate'), [certificate('intermediate')], rules), null);
  t.match(findPath(certificate('client-no-chain'), [], rules), { depth: 0, words: /local issuer/ });
});

t.test('who is no authority issues nothing, whatever is shown', async (t) => {
  t.match(findPath(certificate('client-untrusted'), [certificate('other-ca')], rules), { words: /local issuer/ });
  t.match(findPath(certificate('self-signed'), [certificate('self-signed')], rules), { words: /local issuer/ });
  t.match(findPath(certificate('client-untrusted'), [certificate('client')], rules), { words: /local issuer/ });
});

t.test('time counts unless it is said not to, and trust counts always', async (t) => {
  t.match(findPath(certificate('client-expired'), [], rules), { depth: 0, words: 'certificate has expired' });
  t.match(findPath(certificate('client-not-yet'), [], rules), { depth: 0, words: 'certificate is not yet valid' });
  const lenient = { ...rules, flaw: () => null };
  t.equal(findPath(certificate('client-expired'), [], lenient), null);
  t.match(findPath(certificate('client-untrusted-expired'), [], lenient), { words: /local issuer/ });
});

t.test('the length of the path has a limit', async (t) => {
  const shown = [certificate('intermediate')];
  const leaf = certificate('client-intermediate');
  t.match(findPath(leaf, shown, { ...rules, maxIntermediates: 0 }), { depth: 1, words: /local issuer/ });
  t.equal(findPath(leaf, shown, { ...rules, maxIntermediates: 1 }), null);
});

t.test('what is wrong with an authority is wrong with all that it has issued', async (t) => {
  const shown = [certificate('intermediate')];
  const leaf = certificate('client-intermediate');
  const flawAt = (level: number) => (_: X509Certificate, depth: number) =>
    depth === level ? { depth, words: 'flaw' } : null;
  for (const level of [0, 1, 2]) {
    t.match(findPath(leaf, shown, { ...rules, flaw: flawAt(level) }), { depth: level, words: 'flaw' });
  }
});
