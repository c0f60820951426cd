// Owns the words for a handshake that failed, in the form that Envoy's users look for in logs:
// `TLS_error:|NUMBER:SSL routines:OPENSSL_internal:REASON:detail:TLS_error_end`. The numbers are BoringSSL's; 0 where it has no such reason.
import type { PathFailure } from './trust-path.ts';

/** BoringSSL's library number for SSL, in an error's upper byte. */
const sslLibrary = 0x1000_0000;
const firstAlert = 1000;

const reasons: Readonly<Record<string, number>> = {
  BAD_ECC_CERT: 107,
  BAD_LENGTH: 111,
  BAD_SIGNATURE: 114,
  CERTIFICATE_VERIFY_FAILED: 125,
  DECODE_ERROR: 137,
  DECRYPTION_FAILED_OR_BAD_RECORD_MAC: 139,
  DIGEST_CHECK_FAILED: 142,
  HTTPS_PROXY_REQUEST: 155,
  HTTP_REQUEST: 156,
  INAPPROPRIATE_FALLBACK: 157,
  LENGTH_MISMATCH: 162,
  NO_SHARED_CIPHER: 184,
  PEER_DID_NOT_RETURN_A_CERTIFICATE: 192,
  UNEXPECTED_MESSAGE: 223,
  UNSUPPORTED_PROTOCOL: 240,
  WRONG_CURVE: 243,
  WRONG_VERSION_NUMBER: 247,
  NO_COMMON_SIGNATURE_ALGORITHMS: 253,
  NO_SHARED_GROUP: 266,
  KEY_USAGE_BIT_INCORRECT: 302,
};

/** Where OpenSSL has another name for it. */
const renamed: Readonly<Record<string, string>> = {
  NO_SUITABLE_SIGNATURE_ALGORITHM: 'NO_COMMON_SIGNATURE_ALGORITHMS',
  NO_SHARED_SIGNATURE_ALGORITHMS: 'NO_COMMON_SIGNATURE_ALGORITHMS',
  UNKNOWN_PROTOCOL: 'WRONG_VERSION_NUMBER',
  NO_SUITABLE_KEY_SHARE: 'NO_SHARED_GROUP',
  NO_SUITABLE_GROUPS: 'NO_SHARED_GROUP',
  PACKET_LENGTH_TOO_LONG: 'WRONG_VERSION_NUMBER',
  BAD_RECORD_TYPE: 'WRONG_VERSION_NUMBER',
  VERSION_TOO_LOW: 'UNSUPPORTED_PROTOCOL',
};

/** The alerts that OpenSSL names by another protocol version, or by words, and their numbers. */
const alerts: Readonly<Record<string, readonly [string, number]>> = {
  HANDSHAKE_FAILURE: ['SSLV3_ALERT_HANDSHAKE_FAILURE', 40],
  BAD_CERTIFICATE: ['SSLV3_ALERT_BAD_CERTIFICATE', 42],
  UNSUPPORTED_CERTIFICATE: ['SSLV3_ALERT_UNSUPPORTED_CERTIFICATE', 43],
  CERTIFICATE_REVOKED: ['SSLV3_ALERT_CERTIFICATE_REVOKED', 44],
  CERTIFICATE_EXPIRED: ['SSLV3_ALERT_CERTIFICATE_EXPIRED', 45],
  CERTIFICATE_UNKNOWN: ['SSLV3_ALERT_CERTIFICATE_UNKNOWN', 46],
  ILLEGAL_PARAMETER: ['SSLV3_ALERT_ILLEGAL_PARAMETER', 47],
  UNKNOWN_CA: ['TLSV1_ALERT_UNKNOWN_CA', 48],
  ACCESS_DENIED: ['TLSV1_ALERT_ACCESS_DENIED', 49],
  DECODE_ERROR: ['TLSV1_ALERT_DECODE_ERROR', 50],
  DECRYPT_ERROR: ['TLSV1_ALERT_DECRYPT_ERROR', 51],
  PROTOCOL_VERSION: ['TLSV1_ALERT_PROTOCOL_VERSION', 70],
  INSUFFICIENT_SECURITY: ['TLSV1_ALERT_INSUFFICIENT_SECURITY', 71],
  INTERNAL_ERROR: ['TLSV1_ALERT_INTERNAL_ERROR', 80],
  UNRECOGNIZED_NAME: ['TLSV1_ALERT_UNRECOGNIZED_NAME', 112],
  CERTIFICATE_REQUIRED: ['TLSV1_ALERT_CERTIFICATE_REQUIRED', 116],
  NO_APPLICATION_PROTOCOL: ['TLSV1_ALERT_NO_APPLICATION_PROTOCOL', 120],
};

/** Of a failure that OpenSSL found. */
export function handshakeFailure(error: NodeJS.ErrnoException): string {
  const code = /^ERR_SSL_(?:TLSV1_|SSLV3_|TLSV13_|SSL_TLS_|SSL\/TLS_)?(.+)$/.exec(error.code ?? '')?.[1];
  if (code === undefined) return error.message;
  const alert = /^ALERT_(.+)$/.exec(code)?.[1];
  if (alert !== undefined) {
    const [name, number] = alerts[alert] ?? [`TLSV1_ALERT_${alert}`, 0];
    return words(name, sslLibrary + firstAlert + number);
  }
  const name = renamed[code] ?? code;
  if (name === 'PEER_DID_NOT_RETURN_A_CERTIFICATE') return noCertificateWords;
  return words(name, sslLibrary + (reasons[name] ?? 0));
}

/** Of a certificate that is refused. */
export function verificationFailure(detail: string): string {
  return words('CERTIFICATE_VERIFY_FAILED', sslLibrary + 125, `verify cert failed: ${detail}`);
}

export function chainFailure({ depth, words: text }: PathFailure): string {
  return `X509_verify_cert: certificate verification error at depth ${depth}: ${text}`;
}

function words(name: string, number: number, detail = ''): string {
  return `TLS_error:|${number}:SSL routines:OPENSSL_internal:${name}${detail === '' ? '' : `:${detail}`}:TLS_error_end`;
}

/** Of a certificate that nothing is said about. */
export const unverifiedWords = words('CERTIFICATE_VERIFY_FAILED', sslLibrary + 125);

/** Of a client that asked for a stapled OCSP response where none is good. */
export const rejectedWords = words('CONNECTION_REJECTED', sslLibrary + 133);

export const noCertificateWords = words(
  'PEER_DID_NOT_RETURN_A_CERTIFICATE',
  sslLibrary + 192,
  'peer did not provide required client certificate',
);

/** Of a key that may not be used as the handshake uses it. */
export const keyUsageWords = words('KEY_USAGE_BIT_INCORRECT', sslLibrary + 302);
