// Owns a client of one service: opens calls to a cluster, unary and streaming.
import { OwnRequest, type OwnRequestConfig, ownRequestConfig } from '../router/api.ts';
import type { ClusterHandle } from '../upstream/api.ts';
import type { ProcessServices } from '../upstream/services.ts';
import type { MetadataEntry } from './metadata.ts';
import { type CallParent, callHeaders } from './request-headers.ts';
import { GrpcCode, localStatus } from './status.ts';
import { GrpcCall, type GrpcStream, type GrpcStreamCallbacks } from './stream.ts';
import type { GrpcTarget } from './target.ts';
import { UnaryCall, type UnaryCallbacks } from './unary.ts';

export interface CallOptions {
  /** Milliseconds for all of the call; 0: none. Absent: the target's. */
  readonly timeoutMs?: number;
  readonly metadata?: readonly MetadataEntry[];
  /** The client's request that the call is made for. */
  readonly parent?: CallParent;
}

/** Gives up what was begun. Idempotent; nothing is called afterwards. */
export interface Call {
  cancel(): void;
}

const noOptions: CallOptions = {};
const noEntries: readonly MetadataEntry[] = [];

export class GrpcClient {
  readonly target: GrpcTarget;
  readonly #cluster: ClusterHandle;
  readonly #services: ProcessServices;
  readonly #config: OwnRequestConfig;

  constructor(target: GrpcTarget, services: ProcessServices) {
    this.target = target;
    this.#services = services;
    this.#cluster = services.clusters.handle(target.clusterName);
    this.#config = ownRequestConfig(services);
  }

  /**
   * One message each way. `path`: `/package.Service/Method`. The target's retry policy holds, since nothing of the answer
   * goes on before all of it is here. `callbacks` may be called before this returns.
   */
  unary(path: string, message: Uint8Array, callbacks: UnaryCallbacks, options: CallOptions = noOptions): Call {
    const unary = new UnaryCall(callbacks);
    const call = new GrpcCall(unary, this.target.maxReceiveMessageLength);
    this.#open(call, path, options, options.timeoutMs ?? this.target.timeoutMs, true);
    call.sendMessage(message, true);
    return call;
  }

  /**
   * Messages both ways, for as long as both sides like. Not retried: messages have gone on already. As in Envoy the
   * target's timeout is for unary calls. `callbacks` may be called before this returns.
   */
  stream(path: string, callbacks: GrpcStreamCallbacks, options: CallOptions = noOptions): GrpcStream {
    const call = new GrpcCall(callbacks, this.target.maxReceiveMessageLength);
    this.#open(call, path, options, options.timeoutMs ?? 0, false);
    return call;
  }

  #open(call: GrpcCall, path: string, options: CallOptions, timeoutMs: number, unary: boolean): void {
    const { cluster, name } = this.#cluster;
    if (cluster === null) {
      call.refuse(localStatus(GrpcCode.Unavailable, `cluster '${name}' is unknown or still warming`));
      return;
    }
    const { localAddress } = this.#services;
    const { metadata = noEntries, parent = null } = options;
    const headers = callHeaders(this.target, { path, timeoutMs, metadata, parent, localAddress });
    const retryPolicy = unary ? this.target.retryPolicy : null;
    const requestOptions = { timeoutMs, retryPolicy, keepsBody: unary, needsHttp2: true };
    call.start(new OwnRequest(this.#config, cluster, headers, call, requestOptions));
  }
}
