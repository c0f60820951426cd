// What the TLS layer offers to listeners and clusters: the kinds of transport socket, by type URL. What the sockets do is
// loaded when a configuration first names them (tls/sockets/api.ts).
import type { Message } from '@bufbuild/protobuf';
import type { Any } from '@bufbuild/protobuf/wkt';
import type { Clock } from '../base/clock.ts';
import type { Timers } from '../base/timers.ts';
import type { ConfigContext } from '../config/api.ts';
import { type ExtensionCategory, type ExtensionRegistry, extensionCategory } from '../config/extension-registry.ts';
import type { DownstreamTransport, UpstreamTransportSource } from '../network/api.ts';
import type { StatsScope } from '../observability/stats/api.ts';
import type { Secrets } from './secrets/api.ts';

export type { ClientHello } from './client-hello.ts';
export { clientHelloLimit, isKnownVersion, readClientHello } from './client-hello.ts';
export type { Secrets } from './secrets/api.ts';

/** What a transport socket may use while it is built, and afterwards. */
export interface TransportSocketContext {
  readonly config: ConfigContext;
  readonly extensions: ExtensionRegistry;
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logFiles: LogFiles;
}

/** Files that are written line by line, never by the event loop: those of the access logs. */
export interface LogFiles {
  /** Throws what opening throws. */
  file(path: string): LogFile;
}

export interface LogFile {
  /** `line` is a byte string, and has its end. */
  write(line: string): void;
}

export interface DownstreamTransportContext extends TransportSocketContext {
  /** The listener's: `ssl.*` stands below it. */
  readonly scope: StatsScope;
  /** That the filter chain is for; empty: any. */
  readonly serverNames: readonly string[];
}

/** Null: bytes as they come. Undefined after an error was reported to `context.config`. */
export interface DownstreamTransportFactory {
  create(message: Message, context: DownstreamTransportContext): DownstreamTransport | null | undefined;
}

export interface UpstreamTransportFactory {
  create(message: Message, context: TransportSocketContext): UpstreamTransportSource | null | undefined;
}

export const downstreamTransportCategory: ExtensionCategory<DownstreamTransportFactory> =
  extensionCategory<DownstreamTransportFactory>('envoy.transport_sockets.downstream');
export const upstreamTransportCategory: ExtensionCategory<UpstreamTransportFactory> =
  extensionCategory<UpstreamTransportFactory>('envoy.transport_sockets.upstream');

/** An envoy.config.core.v3.TransportSocket, as far as it is read here. */
interface TransportSocketMessage {
  readonly configType: { readonly case: 'typedConfig'; readonly value: Any } | { readonly case: undefined };
}

/** The transport of a `transport_socket` field; null where none is set. Undefined after errors were reported. */
export function readTransport<Transport, Context extends TransportSocketContext>(
  socket: (TransportSocketMessage & object) | undefined,
  category: ExtensionCategory<{ create(message: Message, context: Context): Transport | null | undefined }>,
  context: Context,
): Transport | null | undefined {
  if (socket?.configType.case !== 'typedConfig') return null;
  const { config, extensions } = context;
  const typed = config.unpack(socket.configType.value);
  if (typed === undefined) return undefined;
  const factory = extensions.get(category, typed.$typeName);
  if (factory !== undefined) return factory.create(typed, context);
  const text = `the transport socket extension ${typed.$typeName} is not implemented yet`;
  config.error(socket, 'typed_config', 'RMR0304', text);
  return undefined;
}
