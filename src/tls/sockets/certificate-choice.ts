// Owns the moment at which OpenSSL asks for certificates: the client's hello is read, nothing is answered yet. Node's own
// SNICallback is not asked when a client names nobody, and its OCSPRequest event comes after the choice, which depends on what
// can be stapled.
import type { TLSSocket } from 'node:tls';
import type { ServedCertificate, ServerContexts } from './server-contexts.ts';
import type { TlsParameters } from './settings.ts';
import { type StaplePolicy, stapleAction } from './stapling.ts';
import type { TlsStats } from './stats.ts';

interface ClientHelloInfo {
  readonly servername?: string | null;
  /** It asks for a stapled response. */
  readonly OCSPRequest?: boolean;
}

interface Handle {
  enableCertCb(): void;
  certCbDone(): void;
  /** One certificate, instead of all that were there. */
  setKeyCert(context: unknown): void;
  setOCSPResponse(response: Buffer): void;
  /** Such as `ECDSA+SHA256`. */
  getSharedSigalgs(): readonly string[];
  oncertcb: (this: Handle, info: ClientHelloInfo) => void;
}

interface WithHandle {
  readonly _handle: Handle | null;
}

/** Those who were shown nothing, because what had to be stapled was not there. */
const rejected = new WeakSet<TLSSocket>();

export function wasRejected(socket: TLSSocket): boolean {
  return rejected.has(socket);
}

export class CertificateChoice {
  readonly #contexts: ServerContexts;
  readonly #policy: StaplePolicy;
  readonly #stats: TlsStats;
  readonly #now: () => number;
  /** Where everybody is shown the same: one for all connections. */
  readonly #only: Handle['oncertcb'];

  /** `now`: milliseconds since the epoch. */
  constructor(contexts: ServerContexts, policy: StaplePolicy, stats: TlsStats, now: () => number) {
    this.#contexts = contexts;
    this.#policy = policy;
    this.#stats = stats;
    this.#now = now;
    this.#only = function countOnly({ OCSPRequest }) {
      if (OCSPRequest) countOmitted(stats);
      this.certCbDone();
    };
  }

  /** To be called before the socket has read anything. */
  attach(socket: TLSSocket): void {
    const handle = (socket as unknown as WithHandle)._handle;
    if (handle === null) return;
    handle.oncertcb = this.#contexts.depends ? (info) => this.#answer(socket, handle, info) : this.#only;
    handle.enableCertCb();
  }

  #answer(socket: TLSSocket, handle: Handle, { servername, OCSPRequest }: ClientHelloInfo): void {
    try {
      const name = servername ?? '';
      const certificates = this.#contexts.find(name);
      if (OCSPRequest && this.#contexts.staples) {
        // Where the first of a kind has nothing to be stapled, the next one may.
        const candidates = certificates ?? this.#contexts.all;
        if (!this.#staple(handle, candidates)) rejected.add(socket);
      } else {
        if (OCSPRequest) countOmitted(this.#stats);
        // Among those of the socket's own context OpenSSL chooses, by ciphers and curves too.
        const chosen = certificates === null ? undefined : choose(certificates, handle.getSharedSigalgs());
        if (chosen !== undefined) handle.setKeyCert(chosen.native);
      }
      handle.certCbDone();
    } catch (error) {
      socket.destroy(error as Error);
    }
  }

  /** False: none of them may be shown to this client, who has asked; OpenSSL has nothing to show then, and says so to it. */
  #staple(handle: Handle, candidates: readonly ServedCertificate[]): boolean {
    const now = this.#now();
    const stats = this.#stats;
    const actionOf = ({ staple }: ServedCertificate) => stapleAction(staple, this.#policy, now);
    const usable = candidates.filter((certificate) => actionOf(certificate) !== 'fail');
    const chosen = choose(usable, handle.getSharedSigalgs());
    if (chosen === undefined) {
      stats.ocspStaplingRequests.inc();
      stats.ocspStaplingFailed.inc();
      return false;
    }
    handle.setKeyCert(chosen.native);
    const { response } = chosen.staple;
    if (response === null || actionOf(chosen) !== 'staple') {
      countOmitted(stats);
      return true;
    }
    stats.ocspStaplingRequests.inc();
    stats.ocspStaplingResponses.inc();
    handle.setOCSPResponse(response.bytes);
    return true;
  }
}

function countOmitted(stats: TlsStats): void {
  stats.ocspStaplingRequests.inc();
  stats.ocspStaplingOmitted.inc();
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
