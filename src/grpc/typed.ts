// Owns the thin layer of messages over bytes: encodes what is sent, decodes what comes. What a peer sends that is no such
// message ends the call as an internal error, as in Envoy.
import { type DescMessage, fromBinary, type Message, toBinary } from '@bufbuild/protobuf';
import { errorText } from '../base/error-text.ts';
import type { Call, CallOptions, GrpcClient } from './client.ts';
import type { Metadata } from './metadata.ts';
import { GrpcCode, type GrpcStatus, localStatus } from './status.ts';
import type { GrpcStream, GrpcStreamCallbacks } from './stream.ts';
import type { UnaryCallbacks } from './unary.ts';

/** A method of a service with the descriptors of its messages (`messageDescriptor` of config/api.ts). */
export interface GrpcMethod {
  /** `/package.Service/Method`. */
  readonly path: string;
  readonly request: DescMessage;
  readonly response: DescMessage;
}

export interface TypedUnaryCallbacks<Response extends Message> {
  onSuccess(response: Response, trailers: Metadata): void;
  onFailure(status: GrpcStatus, trailers: Metadata | null): void;
}

export interface TypedStreamCallbacks<Response extends Message>
  extends Omit<GrpcStreamCallbacks, 'onMessage' | 'onStatus'> {
  onMessage(message: Response): void;
  onStatus(status: GrpcStatus, trailers: Metadata | null): void;
}

export interface TypedStream<Request extends Message> extends Omit<GrpcStream, 'sendMessage'> {
  sendMessage(message: Request, endStream: boolean): void;
}

export function callUnary<Request extends Message, Response extends Message>(
  client: GrpcClient,
  method: GrpcMethod,
  request: Request,
  callbacks: TypedUnaryCallbacks<Response>,
  options?: CallOptions,
): Call {
  const bytes: UnaryCallbacks = {
    onSuccess: (response, trailers) => {
      const decoded = decode<Response>(method.response, response);
      if ('status' in decoded) callbacks.onFailure(decoded.status, trailers);
      else callbacks.onSuccess(decoded.message, trailers);
    },
    onFailure: (status, trailers) => callbacks.onFailure(status, trailers),
  };
  return client.unary(method.path, toBinary(method.request, request), bytes, options);
}

export function openStream<Request extends Message, Response extends Message>(
  client: GrpcClient,
  method: GrpcMethod,
  callbacks: TypedStreamCallbacks<Response>,
  options?: CallOptions,
): TypedStream<Request> {
  let open: GrpcStream | null = null;
  const stream = client.stream(
    method.path,
    {
      onInitialMetadata: (metadata) => callbacks.onInitialMetadata?.(metadata),
      onMessage: (bytes) => {
        const decoded = decode<Response>(method.response, bytes);
        if (!('status' in decoded)) {
          callbacks.onMessage(decoded.message);
          return;
        }
        open?.cancel();
        callbacks.onStatus(decoded.status, null);
      },
      onStatus: (status, trailers) => callbacks.onStatus(status, trailers),
      onAboveWriteBufferHighWatermark: () => callbacks.onAboveWriteBufferHighWatermark?.(),
      onBelowWriteBufferLowWatermark: () => callbacks.onBelowWriteBufferLowWatermark?.(),
    },
    options,
  );
  open = stream;
  return {
    sendMessage: (message, endStream) => stream.sendMessage(toBinary(method.request, message), endStream),
    closeLocal: () => stream.closeLocal(),
    cancel: () => stream.cancel(),
    readDisable: (disable) => stream.readDisable(disable),
    get isAboveWriteBufferHighWatermark() {
      return stream.isAboveWriteBufferHighWatermark;
    },
  };
}

type Decoded<Response> = { readonly message: Response } | { readonly status: GrpcStatus };

function decode<Response extends Message>(schema: DescMessage, bytes: Uint8Array): Decoded<Response> {
  try {
    return { message: fromBinary(schema, bytes) as Response };
  } catch (error) {
    const cause = `the peer sent bytes that are no ${schema.typeName}: ${errorText(error)}`;
    return { status: localStatus(GrpcCode.Internal, cause) };
  }
}
