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
  if (certificates.length > 0) {
    options.cert = certificates.map(({ chain }) => chain);
    options.key = certificates.map(({ key, passphrase }) =>
      passphrase === undefined ? { pem: key } : { pem: key, passphrase },
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
