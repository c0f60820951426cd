// Owns the list of certificates that TLS contexts use now: for /certs, for `server.days_until_first_cert_expiring`, and
// for the warnings before one expires.
import { createHash, type X509Certificate } from 'node:crypto';
import { logger } from '../../base/logger.ts';
import { readCertificates } from './material.ts';

const log = logger('secret');

/** Certificates that came together, with where from: a file, or `<inline>`. */
export interface UsedCertificates {
  readonly path: string;
  readonly pem: SharedPem;
  /** The OCSP response that servers staple to it; null: none. */
  readonly staple: UsedStaple | null;
}

/** Times in milliseconds since the epoch. */
export interface UsedStaple {
  readonly validFrom: number;
  /** Null: it does not say. */
  readonly validTo: number | null;
}

/** What one TLS context works with. */
export interface CertificateUse {
  readonly ca: UsedCertificates | null;
  /** Of each certificate its chain, leaf first. */
  readonly chains: readonly UsedCertificates[];
}

/** The place of one TLS context in the list. */
export interface InventoryEntry {
  use: CertificateUse;
  /** Why the last new version was not taken; empty when it was. The use is the old one. */
  readonly problem: () => string;
}

const dayMs = 86_400_000;
/** Each is said once for a certificate, when it comes to it. */
const warnDays = [30, 7, 1] as const;

export class CertificateInventory {
  readonly #entries = new Set<InventoryEntry>();
  /** Thousands of clusters may trust one bundle: it is read once. By digest. */
  readonly #shared = new Map<string, WeakRef<SharedPem>>();
  /** What was warned of. */
  readonly #warned = new Set<string>();

  /** Returns the entry, for `remove`. */
  add(use: CertificateUse, problem: () => string): InventoryEntry {
    const entry: InventoryEntry = { use, problem };
    this.#entries.add(entry);
    return entry;
  }

  remove(entry: InventoryEntry): void {
    this.#entries.delete(entry);
  }

  entries(): Iterable<InventoryEntry> {
    return this.#entries;
  }

  /** The certificates of a PEM text; the same object for the same bytes. */
  read(pem: Buffer): SharedPem {
    const key = createHash('sha256').update(pem).digest('latin1');
    const present = this.#shared.get(key)?.deref();
    if (present !== undefined) return present;
    if (this.#shared.size > 4096) {
      for (const [other, reference] of this.#shared) if (reference.deref() === undefined) this.#shared.delete(other);
    }
    const fresh = new SharedPem(pem);
    this.#shared.set(key, new WeakRef(fresh));
    return fresh;
  }

  /** Whole days until the first certificate expires, 0 when one has; null when there is none. `now`: since the epoch. */
  daysUntilFirstExpiry(now: number): number | null {
    let first = Number.POSITIVE_INFINITY;
    for (const { use } of this.#entries) {
      if (use.ca !== null) first = Math.min(first, use.ca.pem.firstExpiry);
      // As in Envoy the leaf counts, not what it hangs on.
      for (const { pem } of use.chains) first = Math.min(first, pem.leafExpiry);
    }
    return first === Number.POSITIVE_INFINITY ? null : daysUntil(first, now);
  }

  /** Whole seconds until the first OCSP response expires, 0 when one has; null when there is none. `now`: since the epoch. */
  secondsUntilFirstStapleExpiry(now: number): number | null {
    let first = Number.POSITIVE_INFINITY;
    for (const { staple } of this.#all()) {
      if (staple !== null) first = Math.min(first, staple.validTo ?? 0);
    }
    return first === Number.POSITIVE_INFINITY ? null : Math.max(0, Math.floor((first - now) / 1000));
  }

  /** Says once for each certificate that it is about to expire, and again when that is near. */
  warnOfExpiry(now: number): void {
    for (const used of this.#all()) {
      const { path, pem } = used;
      this.#warnOfStaple(used, now);
      if (pem.firstExpiry - now > warnDays[0] * dayMs) continue;
      for (const certificate of pem.certificates) this.#warnOf(certificate, path, now);
    }
  }

  #warnOf(certificate: X509Certificate, path: string, now: number): void {
    const left = Date.parse(certificate.validTo) - now;
    const days = warnDays.findLast((limit) => left <= limit * dayMs);
    if (days === undefined) return;
    const key = `${certificate.fingerprint256} ${left <= 0 ? 0 : days}`;
    if (!this.#isFirstWarning(key)) return;
    const name = certificate.subject?.replaceAll('\n', ', ') || serialOf(certificate);
    const when = new Date(Date.parse(certificate.validTo)).toISOString();
    if (left <= 0) log.error(`the certificate of ${name} (${path}) has expired: it was valid until ${when}`);
    else log.warning(`the certificate of ${name} (${path}) expires in less than ${days} days, at ${when}`);
  }

  /** A renewed response is another one: it may be told of again. */
  #warnOfStaple({ path, staple }: UsedCertificates, now: number): void {
    if (staple?.validTo == null || staple.validTo >= now || !this.#isFirstWarning(`staple ${path} ${staple.validTo}`))
      return;
    const when = new Date(staple.validTo).toISOString();
    log.warning(`the OCSP response for the certificate in ${path} has expired at ${when}: it is stapled no more`);
  }

  #isFirstWarning(key: string): boolean {
    if (this.#warned.has(key)) return false;
    if (this.#warned.size > 1000) this.#warned.clear();
    this.#warned.add(key);
    return true;
  }

  *#all(): Iterable<UsedCertificates> {
    for (const { use } of this.#entries) {
      if (use.ca !== null) yield use.ca;
      yield* use.chains;
    }
  }
}

/** Read when somebody asks; what cannot be read has no certificates. */
export class SharedPem {
  readonly #pem: Buffer;
  #certificates: readonly X509Certificate[] | null = null;

  constructor(pem: Buffer) {
    this.#pem = pem;
  }

  get certificates(): readonly X509Certificate[] {
    if (this.#certificates === null) {
      try {
        this.#certificates = readCertificates(this.#pem);
      } catch {
        this.#certificates = [];
      }
    }
    return this.#certificates;
  }

  /** Milliseconds since the epoch; infinite without certificates. */
  get leafExpiry(): number {
    const leaf = this.certificates[0];
    return leaf === undefined ? Number.POSITIVE_INFINITY : Date.parse(leaf.validTo);
  }

  get firstExpiry(): number {
    this.#first ??= Math.min(Number.POSITIVE_INFINITY, ...this.certificates.map(({ validTo }) => Date.parse(validTo)));
    return this.#first;
  }
  #first: number | null = null;
}

/** Whole days, 0 when it has expired. Both in milliseconds since the epoch. */
export function daysUntil(expiry: number, now: number): number {
  return Math.max(0, Math.floor((expiry - now) / dayMs));
}

/** Lower-case hexadecimal, as Envoy prints it. */
export function serialOf(certificate: X509Certificate): string {
  return certificate.serialNumber.toLowerCase();
}
