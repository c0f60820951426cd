// Owns what the process lends to everything that logs; made once by the server.
import type { Message } from '@bufbuild/protobuf';
import type { Random } from '../../base/random.ts';
import type { Runtime } from '../../base/runtime.ts';
import type { ConfigContext } from '../../config/context.ts';
import type { ExtensionRegistry } from '../../config/extension-registry.ts';
import type { HeaderNameResolver, HeaderReader } from './context.ts';
import type { AccessLogManager } from './file/access-log-manager.ts';

export type HeaderPredicate = (headers: HeaderReader) => boolean;

/** Where a value lies in dynamic metadata, and its test. */
export interface MetadataValue {
  readonly namespace: string;
  readonly path: readonly string[];
  matches(value: unknown): boolean;
}

export interface AccessLogSettings {
  readonly manager: AccessLogManager;
  readonly extensions: ExtensionRegistry;
  readonly random: Random;
  /** `headerName` of http/headers. */
  readonly headerName: HeaderNameResolver;
  /**
   * Makes the test of a HeaderMatcher (matchers/), for header_filter; undefined when it reported errors to `config`.
   * The layer of matchers stands above this one, so the server passes it in.
   */
  headerMatcher(message: Message, config: ConfigContext): HeaderPredicate | undefined;
  /** The same for the value of a MetadataMatcher, for metadata_filter; `invert` is left out of account, as in Envoy. */
  metadataValue(message: Message, config: ConfigContext): MetadataValue | undefined;
  readonly runtime: Runtime;
}
