// A management server over grpc-js, whose answers are the test's: both variants of the aggregated service.
import {
  create,
  type DescMessage,
  fromBinary,
  type JsonObject,
  type JsonValue,
  toBinary,
  toJson,
} from '@bufbuild/protobuf';
import {
  Server as GrpcServer,
  type handleBidiStreamingCall,
  ServerCredentials,
  type ServerDuplexStream,
} from '@grpc/grpc-js';
import type { Test } from 'tap';
import { messageDescriptor } from '../../../src/config/api.ts';

const prefix = '/envoy.service.discovery.v3.AggregatedDiscoveryService';
const identity = (bytes: Buffer): Buffer => bytes;

/** `init` of a protobuf message: camelCase fields. */
export type Init = Readonly<Record<string, unknown>>;

export interface AdsStream {
  /** From 1. */
  readonly number: number;
  readonly delta: boolean;
  readonly requests: JsonObject[];
  send(response: Init): void;
  /** Bytes as they are. */
  sendRaw(bytes: Buffer): void;
  end(): void;
}

export interface AdsServer {
  readonly port: number;
  readonly streams: AdsStream[];
  close(): void;
}

/** `onRequest` is called for each request, JSON with field names in camelCase. */
export async function adsServer(
  t: Test,
  onRequest: (request: JsonObject, stream: AdsStream) => void,
  port = 0,
): Promise<AdsServer> {
  const streams: AdsStream[] = [];
  const server = new GrpcServer();
  const handler =
    (delta: boolean): handleBidiStreamingCall<Buffer, Buffer> =>
    (call: ServerDuplexStream<Buffer, Buffer>) => {
      const kind = delta ? 'DeltaDiscovery' : 'Discovery';
      const request: DescMessage = messageDescriptor(`envoy.service.discovery.v3.${kind}Request`);
      const response: DescMessage = messageDescriptor(`envoy.service.discovery.v3.${kind}Response`);
      const stream: AdsStream = {
        number: streams.length + 1,
        delta,
        requests: [],
        send: (init) => void call.write(Buffer.from(toBinary(response, create(response, init)))),
        sendRaw: (bytes) => void call.write(bytes),
        end: () => call.end(),
      };
      streams.push(stream);
      call.on('error', () => undefined);
      call.on('data', (bytes: Buffer) => {
        const json: JsonValue = toJson(request, fromBinary(request, bytes));
        stream.requests.push(json as JsonObject);
        onRequest(json as JsonObject, stream);
      });
      call.on('end', () => call.end());
    };
  const method = (name: string) => ({
    path: `${prefix}/${name}`,
    requestStream: true,
    responseStream: true,
    requestSerialize: identity,
    requestDeserialize: identity,
    responseSerialize: identity,
    responseDeserialize: identity,
  });
  server.addService(
    { state: method('StreamAggregatedResources'), delta: method('DeltaAggregatedResources') },
    { state: handler(false), delta: handler(true) },
  );
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, found) =>
      error === null ? resolve(found) : reject(error),
    );
  });
  const close = (): void => server.forceShutdown();
  t.teardown(close);
  return { port: bound, streams, close };
}
