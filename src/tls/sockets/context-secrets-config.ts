// Owns the secrets of one TLS context: opens those it names (static, SDS, files that are watched), and puts them into the
// place of their names, so that who reads the settings finds a CommonTlsContext as if all stood in it.
import { createHash } from 'node:crypto';
import { clone, type Message, merge } from '@bufbuild/protobuf';
import { ConfigContext, messageDescriptor, readDataSource } from '../../config/api.ts';
import type { DataSource } from '../../generated/envoy/config/core/v3/base_pb.d.ts';
import type {
  CertificateValidationContext,
  TlsCertificate,
  TlsSessionTicketKeys,
} from '../../generated/envoy/extensions/transport_sockets/tls/v3/common_pb.d.ts';
import type { SdsSecretConfig } from '../../generated/envoy/extensions/transport_sockets/tls/v3/secret_pb.d.ts';
import type { CommonTlsContext } from '../../generated/envoy/extensions/transport_sockets/tls/v3/tls_pb.d.ts';
import type { StatsScope } from '../../observability/stats/api.ts';
import type { TransportSocketContext } from '../api.ts';
import type { SecretKind, SecretListener, SecretProvider, SecretReference, Secrets } from '../secrets/api.ts';
import { isWatched } from '../secrets/files-config.ts';
import type { InventoryEntry, UsedCertificates } from '../secrets/inventory.ts';
import { leafOfPkcs12 } from '../secrets/material.ts';
import { WatchedValue } from '../secrets/watched-value.ts';
import { type LiveSecrets, type LiveSecretsStats, liveSecretsStats } from './live-secrets.ts';
import { type OcspResponse, readOcspResponse } from './ocsp-response.ts';

type Provider = SecretProvider<Message>;

/** A TLS context with every secret in its place. */
export interface ResolvedContext {
  readonly common: CommonTlsContext | undefined;
  readonly ticketKeys: TlsSessionTicketKeys | undefined;
}

/** Whether all that is named can be found; nothing is opened. False after errors were reported. */
export function checkSecrets(common: CommonTlsContext | undefined, context: TransportSocketContext): boolean {
  const references = referencesOf(common, undefined);
  return references.map((reference) => context.secrets.check(reference, context.config)).every((good) => good);
}

/** Whether something of it comes from elsewhere, and may come late. */
export function hasSecrets(common: CommonTlsContext | undefined): boolean {
  return referencesOf(common, undefined).length > 0;
}

/** The context without what comes from elsewhere: to check the rest of it. */
export function withoutSecrets(common: CommonTlsContext | undefined): CommonTlsContext | undefined {
  const validation = common?.validationContextType;
  if (common === undefined || validation?.case !== 'combinedValidationContext') return common;
  const value = validation.value.defaultValidationContext;
  const type: CommonTlsContext['validationContextType'] =
    value === undefined ? { case: undefined } : { case: 'validationContext', value };
  return { ...common, validationContextType: type };
}

const noBytes = Buffer.alloc(0);

/** What ContextSecrets keeps the list of certificates in use with. */
interface Books {
  readonly side: 'client' | 'server';
  readonly scope: StatsScope;
  readonly secrets: Secrets;
}

export class ContextSecrets implements LiveSecrets {
  readonly ready: Promise<void> | undefined;
  readonly stats: LiveSecretsStats;
  readonly #common: CommonTlsContext | undefined;
  readonly #providers: Map<Message, Provider>;
  readonly #stops: (() => void)[] = [];
  readonly #books: Books;
  #entry: InventoryEntry | null = null;

  private constructor(
    common: CommonTlsContext | undefined,
    providers: Map<Message, Provider>,
    stats: LiveSecretsStats,
    books: Books,
  ) {
    this.#common = common;
    this.#providers = providers;
    this.#books = books;
    this.stats = stats;
    const waits = [...providers.values()].map((provider) => provider.ready);
    this.ready = waits.length === 0 ? undefined : Promise.all(waits).then(() => undefined);
  }

  /** Undefined after errors were reported; nothing is open then. */
  static open(
    common: CommonTlsContext | undefined,
    ticketKeys: SdsSecretConfig | undefined,
    context: TransportSocketContext,
    scope: StatsScope,
    side: 'client' | 'server',
  ): ContextSecrets | undefined {
    const providers = new Map<Message, Provider>();
    const before = context.config.errorCount;
    for (const reference of referencesOf(common, ticketKeys)) {
      const provider = context.secrets.find(reference, context.config);
      if (provider !== undefined) providers.set(reference.owner, provider);
    }
    for (const value of inlineValues(common)) {
      if (isWatched(value)) providers.set(value, new WatchedValue(value, context.config));
    }
    const books = { side, scope, secrets: context.secrets };
    const secrets = new ContextSecrets(common, providers, liveSecretsStats(scope, side), books);
    if (context.config.errorCount === before) return secrets;
    secrets.release();
    return undefined;
  }

  /** Undefined while one has not come. */
  resolve(ticketKeys: SdsSecretConfig | undefined): ResolvedContext | undefined {
    for (const { value } of this.#providers.values()) if (value === undefined) return undefined;
    const common = this.#common;
    const resolvedKeys = ticketKeys === undefined ? undefined : this.#valueOf<TlsSessionTicketKeys>(ticketKeys);
    if (common === undefined) return { common, ticketKeys: resolvedKeys };
    return {
      common: {
        ...common,
        tlsCertificates: [
          ...common.tlsCertificates.map((certificate) => this.#valueOf<TlsCertificate>(certificate) ?? certificate),
          ...common.tlsCertificateSdsSecretConfigs.flatMap((owner) => this.#valueOf<TlsCertificate>(owner) ?? []),
        ],
        tlsCertificateSdsSecretConfigs: [],
        validationContextType: this.#validation(common.validationContextType),
      },
      ticketKeys: resolvedKeys,
    };
  }

  #valueOf<Value extends Message>(owner: Message): Value | undefined {
    return this.#providers.get(owner)?.value as Value | undefined;
  }

  #validation(type: CommonTlsContext['validationContextType']): CommonTlsContext['validationContextType'] {
    switch (type.case) {
      case 'validationContext':
        return { case: type.case, value: this.#valueOf<CertificateValidationContext>(type.value) ?? type.value };
      case 'validationContextSdsSecretConfig': {
        const value = this.#valueOf<CertificateValidationContext>(type.value);
        return value === undefined ? { case: undefined } : { case: 'validationContext', value };
      }
      case 'combinedValidationContext': {
        const { defaultValidationContext, validationContextSdsSecretConfig } = type.value;
        const value =
          validationContextSdsSecretConfig &&
          this.#valueOf<CertificateValidationContext>(validationContextSdsSecretConfig);
        const both = merged(defaultValidationContext, value);
        return both === undefined ? { case: undefined } : { case: 'validationContext', value: both };
      }
      default:
        return type;
    }
  }

  /** Called whenever a secret has changed. Errors that it reports refuse the change. */
  onChange(listener: SecretListener): void {
    for (const provider of this.#providers.values()) this.#stops.push(provider.subscribe(listener));
  }

  /** The context is in force: what it works with goes to the list of certificates in use, and its expiry to the statistics. */
  enter({ common }: ResolvedContext): void {
    const { inUse } = this.#books.secrets;
    const named = this.#common;
    const own = named?.tlsCertificates ?? [];
    const chains = (common?.tlsCertificates ?? []).map((certificate, index): UsedCertificates => {
      const reference = named?.tlsCertificateSdsSecretConfigs[index - own.length];
      const used = {
        path: pathOf(certificateSource(own[index] ?? certificate)),
        pem: inUse.read(chainOf(certificate)),
        staple: this.#books.side === 'server' ? stapleOf(certificate) : null,
      };
      const suffix = certificate.certificateChain === undefined ? '' : hashOf(certificate.certificateChain);
      this.#tellExpiry(reference?.name ?? `unnamed_cert_${suffix}`, used.pem.leafExpiry);
      return used;
    });
    let ca: UsedCertificates | null = null;
    const validation = common?.validationContextType;
    const source = validation?.case === 'validationContext' ? validation.value.trustedCa : undefined;
    if (source !== undefined) {
      const type = named?.validationContextType;
      const ownSource = type?.case === 'validationContext' ? type.value.trustedCa : undefined;
      ca = { path: pathOf(ownSource ?? source), pem: inUse.read(bytesOf(source)), staple: null };
      this.#tellExpiry(caNameOf(type) ?? `unnamed_ca_cert_${hashOf(ownSource ?? source)}`, ca.pem.firstExpiry);
    }
    if (this.#entry === null) this.#entry = inUse.add({ ca, chains }, () => this.problem());
    else this.#entry.use = { ca, chains };
  }

  #tellExpiry(name: string, expiry: number): void {
    if (!Number.isFinite(expiry)) return;
    const gauge = this.#books.scope.gauge(`ssl.certificate.${name}.expiration_unix_time_seconds`);
    gauge.set(Math.floor(expiry / 1000));
  }

  /** What was refused last, in words; empty when nothing was. */
  problem(): string {
    const problems = [...this.#providers.values()].map(({ problem }) => problem);
    return problems.filter((problem) => problem !== '').join('; ');
  }

  release(): void {
    for (const stop of this.#stops.splice(0)) stop();
    for (const provider of this.#providers.values()) provider.release();
    this.#providers.clear();
    if (this.#entry !== null) this.#books.secrets.inUse.remove(this.#entry);
    this.#entry = null;
  }
}

/** As protobuf merges: what the secret sets counts, lists are put together. */
function merged(
  first: CertificateValidationContext | undefined,
  second: CertificateValidationContext | undefined,
): CertificateValidationContext | undefined {
  if (first === undefined || second === undefined) return second ?? first;
  const descriptor = messageDescriptor(first.$typeName);
  const both = clone(descriptor, first) as CertificateValidationContext;
  merge(descriptor, both, second);
  return both;
}

function referencesOf(
  common: CommonTlsContext | undefined,
  ticketKeys: SdsSecretConfig | undefined,
): SecretReference[] {
  const references: SecretReference[] = [];
  const add = (owner: SdsSecretConfig | undefined, kind: SecretKind): void => {
    if (owner !== undefined) references.push({ owner, name: owner.name, kind, source: owner.sdsConfig });
  };
  for (const owner of common?.tlsCertificateSdsSecretConfigs ?? []) add(owner, 'tls_certificate');
  const validation = common?.validationContextType;
  if (validation?.case === 'validationContextSdsSecretConfig') add(validation.value, 'validation_context');
  if (validation?.case === 'combinedValidationContext')
    add(validation.value.validationContextSdsSecretConfig, 'validation_context');
  add(ticketKeys, 'session_ticket_keys');
  return references;
}

/** What stands in the context itself and may name files. */
function inlineValues(common: CommonTlsContext | undefined): Message[] {
  const validation = common?.validationContextType;
  const values: Message[] = [...(common?.tlsCertificates ?? [])];
  if (validation?.case === 'validationContext') values.push(validation.value);
  return values;
}

/** The name of the secret that the trusted CA comes from. */
function caNameOf(type: CommonTlsContext['validationContextType'] | undefined): string | undefined {
  if (type?.case === 'validationContextSdsSecretConfig') return type.value.name;
  if (type?.case === 'combinedValidationContext') return type.value.validationContextSdsSecretConfig?.name;
  return undefined;
}

function certificateSource({ certificateChain, pkcs12 }: TlsCertificate): DataSource | undefined {
  return pkcs12 ?? certificateChain;
}

function pathOf(source: DataSource | undefined): string {
  return source?.specifier.case === 'filename' ? source.specifier.value : '<inline>';
}

/** As in Envoy only bytes count; of other sources it is the digest of nothing. */
function hashOf(source: DataSource): string {
  const bytes = source.specifier.case === 'inlineBytes' ? source.specifier.value : noBytes;
  return createHash('sha256').update(bytes).digest('hex').slice(0, 8);
}

/** Read before without fault; read again here, errors have been told. */
function bytesOf(source: DataSource | undefined): Buffer {
  return readDataSource(source, {}, '', 'RMR0801', new ConfigContext()) ?? noBytes;
}

function stapleOf({ ocspStaple }: TlsCertificate): OcspResponse | null {
  const bytes = bytesOf(ocspStaple);
  try {
    return bytes.length === 0 ? null : readOcspResponse(bytes);
  } catch {
    return null;
  }
}

function chainOf({ certificateChain, pkcs12, password }: TlsCertificate): Buffer {
  if (pkcs12 === undefined) return bytesOf(certificateChain);
  const secret = bytesOf(password);
  try {
    return leafOfPkcs12(bytesOf(pkcs12), secret.length === 0 ? undefined : secret.toString('utf8'));
  } catch {
    return noBytes;
  }
}
