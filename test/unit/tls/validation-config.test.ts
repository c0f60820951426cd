// What a peer's certificate is judged by, as read from a configuration.
import t from 'tap';
import { ConfigContext, loadMessage } from '../../../src/config/api.ts';
import type { CertificateValidationContext } from '../../../src/generated/envoy/extensions/transport_sockets/tls/v3/common_pb.d.ts';
import { readStringMatcher } from '../../../src/matchers/api.ts';
import { readValidation } from '../../../src/tls/sockets/validation-config.ts';

async function read(text: string) {
  const source = { name: 'validation.yaml', format: 'yaml', text } as const;
  const type = 'envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext';
  const { message } = await loadMessage<CertificateValidationContext>(type, source, { skipCoverage: true });
  if (message === undefined) throw new Error('it does not load');
  const config = new ConfigContext();
  return { validation: readValidation(message, config, readStringMatcher), errors: config.errorCount };
}

// covers: envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext.system_root_certs
t.test("the system's authorities are trusted where they are asked for, and no others else", async (t) => {
  const asked = await read('system_root_certs: {}');
  t.equal(asked.errors, 0);
  t.not(asked.validation.trustedCa, null);
  t.equal((await read('{}')).validation.trustedCa, null);
});

t.test('a file without a certificate is an error', async (t) => {
  t.equal((await read('trusted_ca: { inline_string: "nothing" }')).errors, 1);
});

t.test('hashes are taken with and without colons, in either case', async (t) => {
  const hash = 'AB'.repeat(32);
  const colons = Array.from({ length: 32 }, () => 'cd').join(':');
  const { validation } = await read(`verify_certificate_hash: ["${hash}", "${colons}"]`);
  t.strictSame([...validation.certificateHashes], [hash.toLowerCase(), 'cd'.repeat(32)]);
});
