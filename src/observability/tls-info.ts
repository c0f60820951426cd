// Owns what is known of a TLS connection, for logs, matchers and headers: what transport sockets fill in.

/** What a certificate says of its holder and issuer; distinguished names as RFC 2253 writes them. */
export interface CertificateNames {
  readonly subject: string;
  readonly issuer: string;
  readonly uriSans: readonly string[];
  readonly dnsSans: readonly string[];
  readonly ipSans: readonly string[];
  readonly emailSans: readonly string[];
  readonly otherNameSans: readonly string[];
  /** The object identifiers of `otherNameSans`. */
  readonly otherNameTypes: readonly string[];
}

/** One certificate. Numbers and fingerprints are lower-case hexadecimal without colons. */
export interface CertificateInfo extends CertificateNames {
  readonly serial: string;
  readonly sha256: string;
  readonly sha1: string;
  readonly pem: string;
  /** PEM, percent-encoded as in x-forwarded-client-cert. */
  readonly urlEncodedPem: string;
  /** Milliseconds since the epoch. */
  readonly validFrom: number;
  readonly validTo: number;
}

export interface TlsConnectionInfo {
  readonly version: string;
  readonly cipher: string;
  /** Named group of the key exchange, such as `X25519`. */
  readonly group?: string;
  /** Hexadecimal. */
  readonly sessionId?: string;
  /** SNI that we sent (upstream). */
  readonly serverName?: string;
  /** Monotonic milliseconds; DOWNSTREAM_HANDSHAKE_DURATION is their difference. */
  readonly handshakeStart?: number;
  readonly handshakeEnd?: number;
  /** What we showed. */
  readonly local?: CertificateInfo;
  /** What the peer showed; `chain` begins with it. */
  readonly peer?: CertificateInfo;
  readonly peerChain?: readonly CertificateInfo[];
  /** Who issued the peer's certificate, sent or known here; where the peer is trusted, and `tlsDemand` asks for it. */
  readonly peerIssuer?: CertificateInfo;
  /** The peer's certificate is what was asked for: by its authority, its names or its hash. */
  readonly peerValidated?: boolean;
}

/** What some configuration has asked for and costs something: whoever shakes hands looks here. Never taken back. */
export const tlsDemand = {
  /** `sessionId` and `group`. */
  session: false,
  /** `peerIssuer`. */
  peerIssuer: false,
};
