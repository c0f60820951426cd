// Turns a GrpcService message into what calls need.

import { toByteString } from '../base/byte-string.ts';
import { durationMs } from '../base/duration.ts';
import type { ConfigContext } from '../config/api.ts';
import type { RetryPolicy as RetryPolicyMessage } from '../generated/envoy/config/core/v3/base_pb.d.ts';
import type { GrpcService } from '../generated/envoy/config/core/v3/grpc_service_pb.d.ts';
import { Names, pinnedName } from '../http/headers/name.ts';
import { compileFormat, FormatError, type Formatter } from '../observability/access-log/api.ts';
import { readCoreRetryPolicy } from '../router/api.ts';
import { isBinaryName } from './metadata.ts';
import type { GrpcTarget, ReconnectBackOff, TargetMetadata } from './target.ts';

export type GrpcServiceMessage = GrpcService;

/** Undefined after an error was reported. `owner` has the message in it. */
export function readGrpcService(
  message: GrpcService | undefined,
  owner: object,
  context: ConfigContext,
): GrpcTarget | undefined {
  const specifier = message?.targetSpecifier;
  if (message === undefined || specifier?.case === undefined) {
    context.error(message ?? owner, '', 'RMR0905', 'the gRPC service says nothing about whom to call (envoy_grpc)');
    return undefined;
  }
  if (specifier.case === 'googleGrpc') {
    const text =
      'google_grpc is not implemented yet: name a cluster with HTTP/2 and, where the peer wants it, a TLS transport socket, and use envoy_grpc';
    context.error(message, 'google_grpc', 'RMR0905', text);
    return undefined;
  }
  const { clusterName, authority, retryPolicy, maxReceiveMessageLength, skipEnvoyHeaders } = specifier.value;
  const initialMetadata = readMetadata(message, context);
  if (initialMetadata === undefined) return undefined;
  return Object.freeze({
    clusterName,
    authority: toByteString(authority === '' ? clusterName : authority),
    timeoutMs: Math.floor(durationMs(message.timeout, 0)),
    retryPolicy: message.retryPolicy === undefined ? null : readCoreRetryPolicy(message.retryPolicy, context),
    reconnectBackOff: readBackOff(retryPolicy),
    maxReceiveMessageLength: maxReceiveMessageLength ?? 0,
    skipEnvoyHeaders,
    initialMetadata,
  });
}

/** Only the intervals: xDS reconnects for good, and whatever the reason. */
function readBackOff(message: RetryPolicyMessage | undefined): ReconnectBackOff | null {
  const backOff = message?.retryBackOff;
  if (backOff === undefined) return null;
  const baseMs = Math.max(1, Math.floor(durationMs(backOff.baseInterval, 500)));
  const maxMs = Math.max(1, Math.floor(durationMs(backOff.maxInterval, baseMs * 10)));
  return Object.freeze({ baseMs, maxMs });
}

/** As Envoy: of several values the last, and `raw_value` is not read. */
function readMetadata(message: GrpcService, context: ConfigContext): readonly TargetMetadata[] | undefined {
  const entries = new Map<string, TargetMetadata>();
  let whole = true;
  for (const [index, { key, value }] of message.initialMetadata.entries()) {
    const name = pinnedName(key);
    if (key.startsWith(':') || name === Names.host) {
      const text = `the metadata may not set ${key}: it belongs to the call itself`;
      context.error(message, `initial_metadata[${index}].key`, 'RMR0905', text);
      whole = false;
      continue;
    }
    const format = readFormat(value, message, index, context);
    if (format === undefined) whole = false;
    else
      entries.set(
        name.name,
        Object.freeze({ name, text: toByteString(value), format, binary: isBinaryName(name.name) }),
      );
  }
  return whole ? Object.freeze([...entries.values()]) : undefined;
}

function readFormat(
  value: string,
  owner: GrpcService,
  index: number,
  context: ConfigContext,
): Formatter | null | undefined {
  if (!value.includes('%')) return null;
  try {
    return compileFormat(value, { headerName: pinnedName, omitEmptyValues: true });
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    context.error(owner, `initial_metadata[${index}].value`, 'RMR0703', error.message);
    return undefined;
  }
}
