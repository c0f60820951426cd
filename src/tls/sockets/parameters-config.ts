// Turns TlsParameters into OpenSSL's words: versions, ciphers, curves, signature algorithms, compliance policies.
import { constants, getFips } from 'node:crypto';
import type { ConfigContext } from '../../config/api.ts';
import type { TlsParameters as TlsParametersMessage } from '../../generated/envoy/extensions/transport_sockets/tls/v3/common_pb.d.ts';
import type { TlsParameters } from './settings.ts';

const versions = ['', 'TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const;

/** Those of TLS 1.3 cannot be configured; the client's order decides, save where the server's is asked for: then as OpenSSL has it. */
const tls13 = ['TLS_AES_256_GCM_SHA384', 'TLS_AES_128_GCM_SHA256', 'TLS_CHACHA20_POLY1305_SHA256'];
const defaultCiphers = [
  '[ECDHE-ECDSA-AES128-GCM-SHA256|ECDHE-ECDSA-CHACHA20-POLY1305]',
  '[ECDHE-RSA-AES128-GCM-SHA256|ECDHE-RSA-CHACHA20-POLY1305]',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
];
const defaultCurves = ['X25519MLKEM768', 'X25519', 'P-256'];

interface Policy {
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
  readonly tls13: readonly string[];
  readonly ciphers: readonly string[];
  readonly curves: readonly string[];
  readonly signatureAlgorithms: readonly string[];
}

/** FIPS_202205, as BoringSSL defines it. */
const fips: Policy = {
  minVersion: 'TLSv1.2',
  tls13: ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384'],
  ciphers: [
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-RSA-AES128-GCM-SHA256',
    'ECDHE-ECDSA-AES256-GCM-SHA384',
    'ECDHE-RSA-AES256-GCM-SHA384',
  ],
  curves: ['P-256', 'P-384'],
  signatureAlgorithms: [
    'rsa_pkcs1_sha256',
    'rsa_pkcs1_sha384',
    'rsa_pkcs1_sha512',
    'ecdsa_secp256r1_sha256',
    'ecdsa_secp384r1_sha384',
    'rsa_pss_rsae_sha256',
    'rsa_pss_rsae_sha384',
    'rsa_pss_rsae_sha512',
  ],
};

/** The NSA's suites of March 2026: the first with elliptic curves or ML-KEM, the second with ML-KEM only. */
const cnsa1: Policy = {
  minVersion: 'TLSv1.2',
  tls13: ['TLS_AES_256_GCM_SHA384'],
  ciphers: ['ECDHE-ECDSA-AES256-GCM-SHA384', 'ECDHE-RSA-AES256-GCM-SHA384', 'AES256-GCM-SHA384'],
  curves: ['MLKEM1024', 'P-384'],
  signatureAlgorithms: ['ecdsa_secp384r1_sha384', 'rsa_pss_rsae_sha384', 'rsa_pkcs1_sha384'],
};
const cnsa2: Policy = { ...cnsa1, minVersion: 'TLSv1.3', ciphers: [], curves: ['MLKEM1024'] };

/** By the number of CompliancePolicy. */
const policies: readonly Policy[] = [fips, cnsa2, cnsa1];

/** Defaults as Envoy's: TLS 1.2 to 1.3 as a server, to 1.2 as a client. Errors are reported to `config`. */
export function readParameters(
  message: TlsParametersMessage | undefined,
  server: boolean,
  config: ConfigContext,
): TlsParameters {
  // There is one at most, by the API's rules.
  const [named] = message?.compliancePolicies ?? [];
  const policy = (named === undefined ? undefined : policies[named]) ?? null;
  if (message !== undefined && policy === fips && getFips() === 0) {
    const text = 'FIPS_202205 allows what FIPS does, but OpenSSL does not run in its FIPS mode';
    config.warningOnce(
      'tls fips',
      message,
      'compliance_policies',
      'RMR0802',
      text,
      'start with --force-fips, if it has to',
    );
  }
  const minVersion = versions[message?.tlsMinimumProtocolVersion ?? 0] || 'TLSv1.2';
  const maxVersion = versions[message?.tlsMaximumProtocolVersion ?? 0] || (server ? 'TLSv1.3' : 'TLSv1.2');
  const given = message?.cipherSuites ?? [];
  const listed = given.length > 0 ? given : defaultCiphers;
  // What stands in brackets is equal: OpenSSL knows no such groups, but a client that prefers ChaCha20 gets it.
  const equal = listed.some((name) => name.startsWith('[') && name.includes('CHACHA20'));
  const ciphers = policy?.ciphers ?? listed.flatMap((name) => name.replace(/^\[|\]$/g, '').split('|'));
  const curves = policy?.curves ?? (message?.ecdhCurves.length ? message.ecdhCurves : defaultCurves);
  const signatureAlgorithms = policy?.signatureAlgorithms ?? message?.signatureAlgorithms ?? [];
  if (message !== undefined && versions.indexOf(minVersion) > versions.indexOf(maxVersion))
    config.error(message, 'tls_minimum_protocol_version', 'RMR0800', `${minVersion} is above ${maxVersion}`);
  return {
    minVersion: policy === null ? minVersion : policy.minVersion,
    maxVersion: policy === null ? maxVersion : 'TLSv1.3',
    // Versions before 1.2 sign with SHA-1, which OpenSSL takes at its lowest level only, for who asks for them.
    ciphers: [...(policy?.tls13 ?? tls13), ...ciphers, ...(minVersion < 'TLSv1.2' ? ['@SECLEVEL=0'] : [])].join(':'),
    serverOrder: given.length > 0,
    curves,
    signatureAlgorithms,
    options: equal ? constants.SSL_OP_PRIORITIZE_CHACHA : 0,
  };
}
