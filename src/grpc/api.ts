// What the gRPC layer offers to whatever calls services: a client of a configured service, calls, their outcome.
export { type Call, type CallOptions, GrpcClient } from './client.ts';
export { type GrpcServiceMessage, readGrpcService } from './config.ts';
export { Metadata, type MetadataEntry } from './metadata.ts';
export type { CallParent } from './request-headers.ts';
export { codeName, GrpcCode, type GrpcStatus, percentDecode } from './status.ts';
export type { GrpcStream, GrpcStreamCallbacks } from './stream.ts';
export type { GrpcTarget, ReconnectBackOff } from './target.ts';
export {
  callUnary,
  type GrpcMethod,
  openStream,
  type TypedStream,
  type TypedStreamCallbacks,
  type TypedUnaryCallbacks,
} from './typed.ts';
export type { UnaryCallbacks } from './unary.ts';
