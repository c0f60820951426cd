// SPIFFE trust bundles as documents: what is taken of them, and what is said of those that cannot be.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { readTrustBundles } from '../../../src/tls/sockets/spiffe-bundles.ts';
import { pki } from '../../parity/lib/pki.ts';
import { readTlsContext } from '../../support/tls-context.ts';

const files = await pki();
const document = (keys: unknown): string => JSON.stringify({ trust_domains: { a: { keys } } });

t.test('each trust domain has its authorities', async (t) => {
  const bundles = readTrustBundles(files.file('spiffe-bundles.json'));
  t.strictSame([...bundles.keys()], ['cluster.local', 'other.domain']);
  t.match(bundles.get('other.domain')?.[0]?.subject, /Other CA/);
});

t.test('what cannot be used is told of', async (t) => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['garbage', /no JSON/],
    ['{}', /no trust domain/],
    ['[]', /no trust domain/],
    ['null', /no trust domain/],
    [document([]), /bundle of 'a' has no keys/],
    [document({}), /bundle of 'a' has no keys/],
    [document([{ use: 'jwt-svid' }]), /not for certificates/],
    [document([null]), /not for certificates/],
    [document([{ use: 'x509-svid' }]), /no certificate in "x5c"/],
    [document([{ use: 'x509-svid', x5c: ['AAAA'] }]), /cannot be read/],
    [document([{ use: 'x509-svid', x5c: [7] }]), /cannot be read/],
  ];
  for (const [text, words] of cases) t.throws(() => readTrustBundles(text), { message: words }, text);
});

t.test('a document that cannot be used refuses the configuration', async (t) => {
  const dir = t.testdir({});
  const file = join(dir, 'bundles.json');
  const read = async (more = '') => {
    const type = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.SPIFFECertValidatorConfig';
    const config = `{ "@type": ${type}, trust_bundles: { filename: "${file}" }${more} }`;
    const validator = `custom_validator_config: { name: envoy.tls.cert_validator.spiffe, typed_config: ${config} }`;
    return readTlsContext('upstream', `common_tls_context: { validation_context: { ${validator} } }`);
  };
  t.match((await read()).errors.join(), /trust_bundles: the file cannot be read/);
  writeFileSync(file, files.file('spiffe-bad.json'));
  t.match((await read()).errors.join(), /trust_bundles: the bundle of 'cluster.local' has no keys/);
  writeFileSync(file, files.file('spiffe-bundles.json'));
  t.strictSame((await read()).errors, []);
  const both = await read(', trust_domains: [{ name: a, trust_bundle: { inline_string: x } }]');
  t.match(both.warnings.join(), /trust_domains: where there are trust_bundles these do not count/);
});
