// Owns the making of OpenSSL contexts from settings: one for each set of certificates, shared by all connections.
import { constants } from 'node:crypto';
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls';
import type { CommonTlsSettings } from './settings.ts';

/** What only servers have. */
export interface ServerOptions {
  readonly serverOrder: boolean;
  /** At most 32 characters: sessions of one context are not another's, though they share the process. */
  readonly sessionContext: string;
  /** 48 bytes. */
  readonly ticketKeys: Buffer;
  /** Seconds; 0: the default. */
  readonly sessionTimeout: number;
  readonly options: number;
}

/** SSL_OP_DISABLE_TLSEXT_CA_NAMES, which Node has no name for: of TLS 1.2's request for certificates, too. */
const noAuthorityNames = 0x200;

/** Throws with OpenSSL's words when the certificates or parameters do not fit together. */
export function makeContext(settings: CommonTlsSettings, server?: ServerOptions): SecureContext {
  const { parameters, certificates, validation } = settings;
  const options: SecureContextOptions = {
    minVersion: parameters.minVersion,
    maxVersion: parameters.maxVersion,
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
  options.ciphers = parameters.ciphers;
  options.ecdhCurve = parameters.curves.join(':');
  if (parameters.signatureAlgorithms.length > 0) options.sigalgs = parameters.signatureAlgorithms.join(':');
  if (validation !== null) {
    // An authority that is no root is trusted as well.
    options.allowPartialTrustChain = true;
    if (validation.crl !== null && !validation.crlOfLeafOnly) options.crl = validation.crl;
  }
  // BoringSSL renegotiates for nobody either: a peer could make us repeat the costly part for ever.
  options.secureOptions = constants.SSL_OP_NO_RENEGOTIATION | parameters.options | (server?.options ?? 0);
  if (validation?.hidesAuthorities === true) options.secureOptions |= noAuthorityNames;
  if (server !== undefined) {
    options.honorCipherOrder = server.serverOrder;
    options.sessionIdContext = server.sessionContext;
    options.ticketKeys = server.ticketKeys;
    if (server.sessionTimeout > 0) options.sessionTimeout = server.sessionTimeout;
  }
  return createSecureContext(options);
}
