// What the secret manager offers to transport sockets: certificates, validation contexts and ticket keys by name, from the
// bootstrap's static secrets, from files (SDS) and, later, from control planes.
import type { Message } from '@bufbuild/protobuf';

/** A secret that may come late and may change. */
export interface SecretProvider<Value> {
  /** Undefined until the first good version has come. */
  readonly value: Value | undefined;
  /** Resolves when the first version has come; a listener takes no traffic before. */
  readonly ready: Promise<void>;
  /** Called after `value` has changed. Returns how to stop listening. */
  subscribe(onChange: () => void): () => void;
  /** The user is gone. */
  release(): void;
}

/** Where secrets come from. Messages are envoy.extensions.transport_sockets.tls.v3.Secret's own. */
export interface Secrets {
  /**
   * The provider for a SdsSecretConfig: a static secret by name, or a subscription to its `sds_config`. Undefined when the
   * name is not known; the caller reports it.
   */
  find(name: string, kind: SecretKind, source: Message | undefined): SecretProvider<Message> | undefined;
}

export type SecretKind = 'tls_certificate' | 'validation_context' | 'session_ticket_keys' | 'generic_secret';
