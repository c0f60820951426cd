// Owns the choice of certificates by the name that the client asks for: those that have it, one of each kind of key, of which
// the client's abilities pick one (certificate-choice.ts).
import { constants, createHash, X509Certificate } from 'node:crypto';
import type { SecureContext } from 'node:tls';
import { ellipticFirst } from './certificate-choice.ts';
import { certificateInfo, type KnownCertificate } from './certificate-info.ts';
import { makeContext, type ServerOptions } from './secure-context.ts';
import type { CertificateMaterial, DownstreamTlsSettings } from './settings.ts';
import { mayFail, type Staple } from './stapling.ts';
import { TicketKeys } from './ticket-keys.ts';

interface Served {
  readonly material: CertificateMaterial;
  /** Null: a PKCS#12 file, which has no names here. */
  readonly info: KnownCertificate | null;
  readonly commonName: string;
}

/** A certificate as OpenSSL takes it for one connection. */
export interface ServedCertificate {
  readonly native: unknown;
  readonly keyType: string;
  readonly staple: Staple;
}

/** One for each kind of key. */
export type ChosenCertificates = readonly ServedCertificate[];

export class ServerContexts {
  /** What connections start with: one certificate of each kind, of which OpenSSL takes the one that fits the client. */
  readonly base: SecureContext;
  /** Every certificate, in the configuration's order. */
  readonly all: readonly ServedCertificate[];
  readonly staples: boolean;
  /** `base` has none, so that OpenSSL has nothing to show where what has to be stapled is not there. */
  readonly #isBare: boolean;
  /** Null: the certificates of `base` are for every name. */
  readonly #choice: Choice | null;

  /** Throws when OpenSSL does not take the settings. */
  constructor(settings: DownstreamTlsSettings) {
    const served = settings.certificates.map(read);
    const keys = new TicketKeys(settings.ticketKeys);
    const several = new Set(served.map(({ info }) => info?.keyType)).size > 1;
    const server: ServerOptions = {
      // Where the client's order counts, it could choose the RSA certificate though it knows both kinds.
      serverOrder: (settings.parameters.serverOrder || several) && !settings.clientCipherOrder,
      sessionContext: sessionContextOf(settings, served),
      ticketKeys: keys.first,
      sessionTimeout: settings.sessionTimeout,
      options: settings.tickets ? 0 : constants.SSL_OP_NO_TICKET,
    };
    const parameters = several ? ellipticFirst(settings.parameters) : settings.parameters;
    const contextOf = (certificates: readonly CertificateMaterial[]): SecureContext =>
      makeContext({ ...settings, parameters, certificates }, server);
    this.#isBare = settings.certificates.some(({ staple }) => mayFail(staple, settings.staplePolicy));
    this.base = contextOf(this.#isBare ? [] : firstOfEachKind(served).map(({ material }) => material));
    keys.attach(this.base);
    // OpenSSL is given certificates one by one: each has a context of its own.
    this.all = served.map(({ material, info }) => {
      const context = served.length > 1 || this.#isBare ? contextOf([material]) : this.base;
      const { context: native } = context as unknown as { readonly context: unknown };
      return { native, keyType: info?.keyType ?? '', staple: material.staple };
    });
    this.staples = this.all.some(({ staple }) => staple.response !== null);
    this.#choice = served.length > 1 ? choiceOf(served, this, settings.fullScan) : null;
  }

  /** Whether what is shown depends on the name, or on what can be stapled. */
  get depends(): boolean {
    return this.#choice !== null || this.staples;
  }

  /**
   * Null: those of `base`. `serverName`: empty when the client named none. Compared letter by letter, as Envoy does.
   */
  find(serverName: string): ChosenCertificates | null {
    const found = this.#choice === null || serverName === '' ? null : findIn(this.#choice, serverName);
    return found === null && this.#isBare ? this.all : found;
  }
}

/** Null: those of `base`. */
interface Choice {
  /** For names that no certificate has. */
  readonly mismatch: ChosenCertificates | null;
  readonly byName: ReadonlyMap<string, ChosenCertificates | null>;
}

/** `all`: the same certificates in the same order. */
function choiceOf(
  served: readonly Served[],
  { all, staples }: Pick<ServerContexts, 'all' | 'staples'>,
  fullScan: boolean,
): Choice {
  const contexts = new Map(served.map((one, index) => [one, all[index]]));
  const base = firstOfEachKind(served);
  const chosen = (list: readonly Served[]): ChosenCertificates | null => {
    const kinds = firstOfEachKind(list);
    const same = kinds.length === base.length && kinds.every((one) => base.includes(one));
    // Without a name all are looked at for what can be stapled, with one those of `base` only.
    return same && !staples ? null : kinds.flatMap((one) => contexts.get(one) ?? []);
  };
  const names = new Set(served.flatMap(namesOf));
  return {
    mismatch: fullScan ? null : chosen(served.slice(0, 1)),
    byName: new Map([...names].map((name) => [name, chosen(served.filter((one) => namesOf(one).includes(name)))])),
  };
}

function findIn({ mismatch, byName }: Choice, serverName: string): ChosenCertificates | null {
  const dot = serverName.indexOf('.');
  const found = byName.get(serverName);
  if (found !== undefined) return found;
  const wildcard = dot > 0 ? byName.get(`*${serverName.slice(dot)}`) : undefined;
  return wildcard === undefined ? mismatch : wildcard;
}

function read(material: CertificateMaterial): Served {
  if (material.chain.length === 0) return { material, info: null, commonName: '' };
  const certificate = new X509Certificate(material.chain);
  const commonName = /^CN=(.*)$/m.exec(certificate.subject)?.[1] ?? '';
  return { material, info: certificateInfo(certificate), commonName };
}

/**
 * Where a session is good: with a certificate of the same names, and where clients are judged alike; another process with
 * the same ticket keys and a renewed certificate take it up. More counts here than in Envoy: a session whose client showed
 * no certificate is not good where one is required.
 */
function sessionContextOf(settings: DownstreamTlsSettings, served: readonly Served[]): string {
  const names = served.map(({ material, info }) =>
    info === null
      ? [createHash('sha256').update(material.pkcs12).digest('hex')]
      : [info.subject, info.issuer, info.alternativeNames],
  );
  const clients = [settings.validation?.digest ?? '', settings.requireClientCertificate];
  const text = JSON.stringify([names, settings.serverNames, clients]);
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

/** DNS names, or the common name where there are none. */
function namesOf({ info, commonName }: Served): readonly string[] {
  if (info !== null && info.dnsSans.length > 0) return info.dnsSans;
  return commonName === '' ? [] : [commonName];
}

/** OpenSSL keeps one certificate for each kind of key: the first counts. */
function firstOfEachKind(list: readonly Served[]): Served[] {
  const kinds = new Set<string>();
  return list.filter(({ info }) => {
    const kind = info?.keyType ?? '';
    if (kinds.has(kind)) return false;
    kinds.add(kind);
    return true;
  });
}
