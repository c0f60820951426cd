// TLS contexts that cannot be meant as they stand: Envoy refuses them too.
import t from 'tap';
import { pki } from '../../parity/lib/pki.ts';
import { readTlsContext } from '../../support/tls-context.ts';

const files = await pki();
const inline = (name: string): string => `{ inline_string: ${JSON.stringify(files.file(name))} }`;
const pair = `{ certificate_chain: ${inline('server.pem')}, private_key: ${inline('server.key')} }`;
const names = 'match_typed_subject_alt_names: [{ san_type: DNS, matcher: { exact: a } }]';

const server = async (validation: string, certificates = pair): Promise<string> => {
  const context = `tls_certificates: [${certificates}], validation_context: { ${validation} }`;
  return (await readTlsContext('downstream', `common_tls_context: { ${context} }`)).errors.join('\n');
};

t.test('without a trusted CA names, revocation and expiry cannot be asked for', async (t) => {
  t.match(await server(names), /match_typed_subject_alt_names: without a trusted CA anybody/);
  t.match(await server(`${names}, verify_certificate_hash: ["${'0'.repeat(64)}"]`), /anybody can make/);
  t.match(await server('match_subject_alt_names: [{ exact: a }]'), /match_subject_alt_names: without/);
  t.match(await server(`crl: ${inline('crl.pem')}`), /crl: without a trusted CA/);
  t.match(await server('allow_expired_certificate: true'), /allow_expired_certificate: without/);
  t.equal(await server(`${names}, trusted_ca: ${inline('ca.pem')}`), '');
  const client = await readTlsContext('upstream', `common_tls_context: { validation_context: { ${names} } }`);
  t.match(client.errors.join(), /anybody can make/);
});

t.test('hashes and types of names have a form', async (t) => {
  t.match(await server(`verify_certificate_hash: ["${'z'.repeat(64)}"]`), /no SHA-256 in hexadecimal/);
  t.match(await server(`verify_certificate_spki: ["${'z'.repeat(44)}"]`), /no SHA-256 in base64/);
  const other = (oid: string): string =>
    `trusted_ca: ${inline('ca.pem')}, match_typed_subject_alt_names: [{ san_type: OTHER_NAME, matcher: { exact: a }${oid} }]`;
  t.match(await server(other('')), /oid: OTHER_NAME needs the type/);
  t.match(await server(other(', oid: one')), /'one' is no object identifier/);
  t.equal(await server(other(', oid: 1.3.6.1.4.1.311.20.2.3')), '');
});

t.test('a server has a certificate, a client not more than one', async (t) => {
  t.match(await server('', ''), /a server needs a certificate/);
  const client = await readTlsContext('upstream', `common_tls_context: { tls_certificates: [${pair}, ${pair}] }`);
  t.match(client.errors.join(), /one certificate at most, not 2/);
});

t.test('a certificate validator is found by its name', async (t) => {
  const type = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.SPIFFECertValidatorConfig';
  const errors = await server(`custom_validator_config: { name: mine, typed_config: { "@type": ${type} } }`);
  t.match(errors, /there is no certificate validator 'mine'/);
});
