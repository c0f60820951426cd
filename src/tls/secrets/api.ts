// What the secret manager offers to transport sockets: certificates, validation contexts and ticket keys by name, from the
// bootstrap's static secrets, from files (SDS) and, later, from control planes.
import type { Message } from '@bufbuild/protobuf';
import type { ConfigContext } from '../../config/api.ts';
import type { CertificateInventory } from './inventory.ts';

/** Told of a new value. What the user cannot take of it goes to `config`: the new version counts as refused then. */
export type SecretListener = (config: ConfigContext) => void;

/** A secret that may come late and may change. */
export interface SecretProvider<Value> {
  /** Undefined until the first good version has come. */
  readonly value: Value | undefined;
  /** Resolves when the first version has come or was refused; a listener takes no traffic before. */
  readonly ready: Promise<void>;
  /** Why the last new version was not taken; empty when it was. */
  readonly problem: string;
  /** Called after `value` has changed. Returns how to stop listening. */
  subscribe(onChange: SecretListener): () => void;
  /** The user is gone. */
  release(): void;
}

/** The message that names a secret (SdsSecretConfig), as far as it is asked here. */
export interface SecretReference {
  /** The SdsSecretConfig itself: errors are told of it. */
  readonly owner: Message;
  readonly name: string;
  readonly kind: SecretKind;
  /** A ConfigSource; undefined: a static secret. */
  readonly source: Message | undefined;
}

/** Where secrets come from. Messages are envoy.extensions.transport_sockets.tls.v3.Secret's own. */
export interface Secrets {
  /** The provider of a static secret by name, or of a subscription. Undefined after an error was reported. */
  find(reference: SecretReference, config: ConfigContext): SecretProvider<Message> | undefined;
  /** Whether `find` would find one, said without opening a subscription. False after an error was reported. */
  check(reference: SecretReference, config: ConfigContext): boolean;
  /** Certificates in use, for /certs and the days until the first expires. */
  readonly inUse: CertificateInventory;
}

export type SecretKind = 'tls_certificate' | 'validation_context' | 'session_ticket_keys' | 'generic_secret';
