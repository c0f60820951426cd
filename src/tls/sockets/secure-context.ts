// Owns the making of OpenSSL contexts from settings: one for each set of certificates, shared by all connections.
import { createHash, randomBytes } from 'node:crypto';
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls';
import type { CommonTlsSettings } from './settings.ts';

/** Throws with OpenSSL's words when the certificates or parameters do not fit together. */
export function makeContext(settings: CommonTlsSettings, server: boolean): SecureContext {
  const { parameters, certificates, validation } = settings;
  const options: SecureContextOptions = {
    minVersion: parameters.minVersion,
    maxVersion: parameters.maxVersion,
    honorCipherOrder: true,
  };
  const pairs = certificates.filter(({ pkcs12 }) => pkcs12.length === 0);
  if (pairs.length > 0) {
    options.cert = pairs.map(({ chain }) => chain);
    options.key = pairs.map(({ key, passphrase }) =>
      passphrase === undefined ? { pem: key } : { pem: key, passphrase },
    );
  }
  const files = certificates.filter(({ pkcs12 }) => pkcs12.length > 0);
  if (files.length > 0) {
    options.pfx = files.map(({ pkcs12, passphrase }) =>
      passphrase === undefined ? { buf: pkcs12 } : { buf: pkcs12, passphrase },
    );
  }
  // Without one Node would trust the system's: who names none trusts none.
  options.ca = validation?.trustedCa ?? [];
  if (parameters.cipherSuites.length > 0) options.ciphers = parameters.cipherSuites.join(':');
  if (parameters.curves.length > 0) options.ecdhCurve = parameters.curves.join(':');
  if (parameters.signatureAlgorithms.length > 0) options.sigalgs = parameters.signatureAlgorithms.join(':');
  if (server) {
    // Sessions of one context are not another's, though they share the process.
    options.sessionIdContext = createHash('sha256').update(randomBytes(16)).digest('hex').slice(0, 32);
    options.ticketKeys = randomBytes(48);
  }
  return createSecureContext(options);
}
