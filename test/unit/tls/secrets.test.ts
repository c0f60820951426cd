// Certificates and keys as they are read: what is a pair, what is whole, when something expires.
import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import t from 'tap';
import { CertificateInventory } from '../../../src/tls/secrets/inventory.ts';
import { checkCertificates, checkPair, readCertificates } from '../../../src/tls/secrets/material.ts';
import { WatchedFiles } from '../../../src/tls/secrets/watched-files.ts';
import { pki } from '../../parity/lib/pki.ts';
import { until } from '../../support/until.ts';

const none = Buffer.alloc(0);
const { files } = await pki();
const bytes = (name: string): Buffer => Buffer.from(files.get(name) ?? '');

t.test('a chain is read as a whole, or not at all', async (t) => {
  t.equal(readCertificates(bytes('server-intermediate.pem')).length, 2);
  t.equal(checkCertificates(bytes('ca.pem')), null);
  t.match(checkCertificates(Buffer.from('garbage')), /no PEM certificate/);
  const chain = bytes('server-intermediate.pem');
  t.match(checkCertificates(chain.subarray(0, chain.length - 60)), /ends in the middle/, 'half of a file');
});

t.test('a key belongs to its certificate', async (t) => {
  const pair = { pkcs12: none, passphrase: undefined };
  t.equal(checkPair({ ...pair, chain: bytes('server.pem'), key: bytes('server.key') }), null);
  const other = checkPair({ ...pair, chain: bytes('server.pem'), key: bytes('client.key') });
  t.match(other, /does not belong to the certificate/);
  const half = checkPair({ ...pair, chain: bytes('server.pem'), key: bytes('server.key').subarray(0, 80) });
  t.ok(half, 'half of a key');
  t.match(checkPair({ ...pair, chain: none, key: none, pkcs12: Buffer.from('garbage') }), /cannot be used/);
});

t.test('OpenSSL finds a pair whose halves are exchanged', async (t) => {
  t.throws(() => createSecureContext({ cert: bytes('server.pem'), key: bytes('server-other.key') }));
});

t.test('the first to expire counts, of authorities each, of a chain its leaf', async (t) => {
  const inventory = new CertificateInventory();
  t.equal(inventory.daysUntilFirstExpiry(0), null, 'none');
  const entry = inventory.add(
    {
      ca: { path: '/ca', pem: inventory.read(bytes('ca.pem')), staple: null },
      chains: [{ path: '/a', pem: inventory.read(bytes('server.pem')), staple: null }],
    },
    () => '',
  );
  const now = Date.parse('2048-12-30T12:00:00Z');
  t.equal(inventory.daysUntilFirstExpiry(now), 1);
  const old = inventory.add(
    { ca: null, chains: [{ path: '/b', pem: inventory.read(bytes('client-expired.pem')), staple: null }] },
    () => '',
  );
  t.equal(inventory.daysUntilFirstExpiry(now), 0, 'one has expired');
  inventory.remove(old);
  t.equal(inventory.daysUntilFirstExpiry(now), 1);
  inventory.remove(entry);
  t.equal(inventory.daysUntilFirstExpiry(now), null);
  t.equal(inventory.read(bytes('ca.pem')), inventory.read(bytes('ca.pem')), 'one bundle is read once');
});

t.test('files are followed through a swapped link, as Kubernetes mounts them, and told of once', async (t) => {
  const dir = t.testdir({ first: { a: '1', b: '1' } });
  symlinkSync('first', join(dir, '..data'));
  symlinkSync('..data/a', join(dir, 'a'));
  symlinkSync('..data/b', join(dir, 'b'));
  let told = 0;
  const watched = new WatchedFiles([join(dir, 'a'), join(dir, 'b')], [], () => told++);
  t.teardown(() => watched.close());
  mkdirSync(join(dir, 'second'));
  for (const name of ['a', 'b']) writeFileSync(join(dir, 'second', name), '2');
  symlinkSync('second', join(dir, '..data.new'));
  renameSync(join(dir, '..data.new'), join(dir, '..data'));
  await until(() => told > 0, 'the change');
  t.equal(told, 1);
});
