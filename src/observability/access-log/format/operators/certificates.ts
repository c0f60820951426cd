// Owns the operators on TLS of both connections: session, certificates shown and seen. Without TLS there is no value.
import type { CertificateInfo, TlsConnectionInfo } from '../../../stream-info.ts';
import { tlsDemand } from '../../../tls-info.ts';
import type { LogContext } from '../../context.ts';
import { toByteString } from '../bytes.ts';
import { FormatError } from '../error.ts';
import {
  bare,
  bytes,
  NumberOperator,
  noLength,
  type OperatorFactory,
  type OperatorTable,
  PlainOperator,
} from '../operator.ts';
import { compileTimeFormat, isoMilliseconds } from '../time-format.ts';

type TlsReader = (context: LogContext) => TlsConnectionInfo | null | undefined;
type CertificateReader = (tls: TlsConnectionInfo) => CertificateInfo | undefined;

const downstream: TlsReader = ({ streamInfo }) => streamInfo.connection.tls;
const upstream: TlsReader = ({ streamInfo }) => streamInfo.upstream?.tls;
const shown: CertificateReader = (tls) => tls.local;
const seen: CertificateReader = (tls) => tls.peer;

/** A text of the session; none where it is empty. */
function session(tls: TlsReader, read: (tls: TlsConnectionInfo) => string | undefined): OperatorFactory {
  return bytes((context) => {
    const info = tls(context);
    const text = info === null || info === undefined ? undefined : read(info);
    return text === undefined || text === '' ? undefined : toByteString(text);
  });
}

function field(tls: TlsReader, certificate: CertificateReader, read: (it: CertificateInfo) => string): OperatorFactory {
  return session(tls, (info) => {
    const it = certificate(info);
    return it && read(it);
  });
}

function names(
  tls: TlsReader,
  certificate: CertificateReader,
  read: (it: CertificateInfo) => readonly string[],
): OperatorFactory {
  return field(tls, certificate, (it) => read(it).join(','));
}

function chain(tls: TlsReader, read: (it: CertificateInfo) => string): OperatorFactory {
  return session(tls, (info) => info.peerChain?.map(read).join(','));
}

/** A text that handshakes keep only where somebody asks for it. */
function record(tls: TlsReader, read: (tls: TlsConnectionInfo) => string | undefined): OperatorFactory {
  const operator = session(tls, read);
  return (call, options) => {
    tlsDemand.session = true;
    return operator(call, options);
  };
}

/** Of the certificate that issued the peer's. */
function issuer(tls: TlsReader, read: (it: CertificateInfo) => string): OperatorFactory {
  const operator = session(tls, ({ peerIssuer }) => peerIssuer && read(peerIssuer));
  return (call, options) => {
    tlsDemand.peerIssuer = true;
    return operator(call, options);
  };
}

function validity(tls: TlsReader, read: (it: CertificateInfo) => number): OperatorFactory {
  return (call) => {
    noLength(call);
    if (/[\r\n]/.test(call.parameters) || call.parameters.includes('%n')) {
      throw new FormatError(`the time format of ${call.name} has a line feed`, call.position);
    }
    const format = call.parameters === '' ? isoMilliseconds() : compileTimeFormat(call.parameters, false);
    return new PlainOperator((context) => {
      const peer = tls(context)?.peer;
      return peer && format(read(peer));
    });
  };
}

const handshakeDuration: OperatorFactory = (call) => {
  bare(call);
  return new NumberOperator((context) => {
    const { handshakeStart = -1, handshakeEnd = -1 } = downstream(context) ?? {};
    return handshakeStart < 0 || handshakeEnd < 0 ? -1 : Math.trunc(handshakeEnd - handshakeStart);
  });
};

/** What both sides have. `PREFIX` is DOWNSTREAM or UPSTREAM. */
function bothSides(prefix: string, tls: TlsReader): OperatorTable {
  return {
    [`${prefix}_TLS_VERSION`]: session(tls, (info) => info.version),
    [`${prefix}_TLS_CIPHER`]: session(tls, (info) => info.cipher),
    [`${prefix}_TLS_GROUP`]: record(tls, (info) => info.group),
    [`${prefix}_TLS_SESSION_ID`]: record(tls, (info) => info.sessionId),
    [`${prefix}_LOCAL_URI_SAN`]: names(tls, shown, (it) => it.uriSans),
    [`${prefix}_LOCAL_DNS_SAN`]: names(tls, shown, (it) => it.dnsSans),
    [`${prefix}_LOCAL_IP_SAN`]: names(tls, shown, (it) => it.ipSans),
    [`${prefix}_PEER_URI_SAN`]: names(tls, seen, (it) => it.uriSans),
    [`${prefix}_PEER_DNS_SAN`]: names(tls, seen, (it) => it.dnsSans),
    [`${prefix}_PEER_IP_SAN`]: names(tls, seen, (it) => it.ipSans),
    [`${prefix}_PEER_SUBJECT`]: field(tls, seen, (it) => it.subject),
    [`${prefix}_PEER_ISSUER`]: field(tls, seen, (it) => it.issuer),
    [`${prefix}_PEER_CERT`]: field(tls, seen, (it) => it.urlEncodedPem),
    [`${prefix}_PEER_CERT_V_START`]: validity(tls, (it) => it.validFrom),
    [`${prefix}_PEER_CERT_V_END`]: validity(tls, (it) => it.validTo),
  };
}

export const certificateOperators: OperatorTable = {
  ...bothSides('DOWNSTREAM', downstream),
  ...bothSides('UPSTREAM', upstream),
  DOWNSTREAM_LOCAL_SUBJECT: field(downstream, shown, (it) => it.subject),
  DOWNSTREAM_LOCAL_EMAIL_SAN: names(downstream, shown, (it) => it.emailSans),
  DOWNSTREAM_LOCAL_OTHERNAME_SAN: names(downstream, shown, (it) => it.otherNameSans),
  DOWNSTREAM_PEER_EMAIL_SAN: names(downstream, seen, (it) => it.emailSans),
  DOWNSTREAM_PEER_OTHERNAME_SAN: names(downstream, seen, (it) => it.otherNameSans),
  DOWNSTREAM_PEER_SERIAL: field(downstream, seen, (it) => it.serial),
  DOWNSTREAM_PEER_FINGERPRINT_1: field(downstream, seen, (it) => it.sha1),
  DOWNSTREAM_PEER_FINGERPRINT_256: field(downstream, seen, (it) => it.sha256),
  DOWNSTREAM_PEER_CHAIN_FINGERPRINTS_1: chain(downstream, (it) => it.sha1),
  DOWNSTREAM_PEER_CHAIN_FINGERPRINTS_256: chain(downstream, (it) => it.sha256),
  DOWNSTREAM_PEER_CHAIN_SERIALS: chain(downstream, (it) => it.serial),
  DOWNSTREAM_PEER_ISSUER_FINGERPRINT_256: issuer(downstream, (it) => it.sha256),
  DOWNSTREAM_PEER_ISSUER_SERIAL: issuer(downstream, (it) => it.serial),
  DOWNSTREAM_HANDSHAKE_DURATION: handshakeDuration,
  TLS_JA3_FINGERPRINT: bytes(({ streamInfo }) => streamInfo.connection.ja3 || undefined),
  TLS_JA4_FINGERPRINT: bytes(({ streamInfo }) => streamInfo.connection.ja4 || undefined),
  UPSTREAM_SERVER_NAME: session(upstream, (info) => info.serverName),
};
