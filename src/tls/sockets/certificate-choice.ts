// Owns the moment at which OpenSSL asks for certificates: the client's hello is read, nothing is answered yet. Node's own
// SNICallback is not asked when a client names nobody.
import type { TLSSocket } from 'node:tls';
import type { ServedCertificate, ServerContexts } from './server-contexts.ts';
import type { TlsParameters } from './settings.ts';

interface ClientHelloInfo {
  readonly servername?: string | null;
}

interface Handle {
  enableCertCb(): void;
  certCbDone(): void;
  /** One certificate, instead of all that were there. */
  setKeyCert(context: unknown): void;
  /** Such as `ECDSA+SHA256`. */
  getSharedSigalgs(): readonly string[];
  oncertcb: (info: ClientHelloInfo) => void;
}

interface WithHandle {
  readonly _handle: Handle | null;
}

/** To be called before the socket has read anything. */
export function chooseCertificates(socket: TLSSocket, contexts: ServerContexts): void {
  const handle = (socket as unknown as WithHandle)._handle;
  if (handle === null) return;
  handle.oncertcb = ({ servername }) => {
    try {
      // Among those of the socket's own context OpenSSL chooses, by ciphers and curves too.
      const certificates = contexts.find(servername ?? '');
      const chosen = certificates === null ? undefined : choose(certificates, handle.getSharedSigalgs());
      if (chosen !== undefined) handle.setKeyCert(chosen.native);
      handle.certCbDone();
    } catch (error) {
      socket.destroy(error as Error);
    }
  };
  handle.enableCertCb();
}

/** ECDSA first, where the client can verify it: it costs us less. */
function choose(
  certificates: readonly ServedCertificate[],
  algorithms: readonly string[],
): ServedCertificate | undefined {
  const verifies = (kind: string): boolean => algorithms.some((name) => name.startsWith(kind));
  const elliptic = certificates.find(({ keyType }) => keyType === 'ec');
  if (elliptic !== undefined && verifies('ECDSA')) return elliptic;
  const other = certificates.find(({ keyType }) => keyType !== 'ec');
  return other !== undefined && (other.keyType !== 'rsa' || verifies('RSA')) ? other : certificates[0];
}

/** The same preference for OpenSSL's own choice, whatever the order of the configuration. As in Envoy. */
export function ellipticFirst(parameters: TlsParameters): TlsParameters {
  const ranked = (names: readonly string[], elliptic: RegExp): string[] => [
    ...names.filter((name) => elliptic.test(name)),
    ...names.filter((name) => !elliptic.test(name)),
  ];
  return {
    ...parameters,
    ciphers: ranked(parameters.ciphers.split(':'), /-ECDSA-/).join(':'),
    signatureAlgorithms: ranked(parameters.signatureAlgorithms, /^ecdsa/i),
  };
}
