// What a configuration says about a service that is called over gRPC, ready for calls.
import type { NameInfo } from '../http/headers/api.ts';
import type { Formatter } from '../observability/access-log/api.ts';
import type { RetryPolicy } from '../router/api.ts';

export interface TargetMetadata {
  readonly name: NameInfo;
  /** As configured; of a call of the process itself, for which formats have nothing to speak of, the value (as in Envoy). */
  readonly text: string;
  /** For calls that are made for a client's request; null where the text has no operators. */
  readonly format: Formatter | null;
  /** The value is bytes, which travel as base64. */
  readonly binary: boolean;
}

/** What to wait between attempts to open a stream that is meant to last (envoy_grpc.retry_policy): xDS. */
export interface ReconnectBackOff {
  readonly baseMs: number;
  readonly maxMs: number;
}

export interface GrpcTarget {
  readonly clusterName: string;
  readonly authority: string;
  /** Milliseconds; 0: none. For calls that bring none of their own. */
  readonly timeoutMs: number;
  /** Of unary calls; null: one attempt. */
  readonly retryPolicy: RetryPolicy | null;
  /** Null where the configuration leaves it to who reconnects. */
  readonly reconnectBackOff: ReconnectBackOff | null;
  /** Bytes; 0: no limit. */
  readonly maxReceiveMessageLength: number;
  /** x-envoy-internal and x-forwarded-for stay out. */
  readonly skipEnvoyHeaders: boolean;
  readonly initialMetadata: readonly TargetMetadata[];
}
