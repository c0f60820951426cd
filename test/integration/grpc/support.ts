// The proxy's own gRPC client against servers that nobody here wrote, through a real cluster manager.

import {
  createServer as createHttp2Server,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import {
  Server as GrpcServer,
  type handleBidiStreamingCall,
  type handleClientStreamingCall,
  type handleServerStreamingCall,
  type handleUnaryCall,
  ServerCredentials,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import type { Test } from 'tap';
import {
  GrpcClient,
  type GrpcStatus,
  type GrpcStreamCallbacks,
  type GrpcTarget,
  type Metadata,
} from '../../../src/grpc/api.ts';
import { bootstrap, type Json } from '../../support/bootstrap.ts';
import { type RunningProxy, remora } from '../../support/remora.ts';

const identity = (bytes: Buffer): Buffer => bytes;
const bytesBothWays = {
  requestSerialize: identity,
  requestDeserialize: identity,
  responseSerialize: identity,
  responseDeserialize: identity,
};

/** Methods of every kind, whose messages are plain bytes. */
export const service = {
  unary: { path: '/test.Service/Unary', requestStream: false, responseStream: false, ...bytesBothWays },
  clientStream: { path: '/test.Service/ClientStream', requestStream: true, responseStream: false, ...bytesBothWays },
  serverStream: { path: '/test.Service/ServerStream', requestStream: false, responseStream: true, ...bytesBothWays },
  bidi: { path: '/test.Service/Bidi', requestStream: true, responseStream: true, ...bytesBothWays },
} satisfies ServiceDefinition;

export interface Implementation {
  readonly unary?: handleUnaryCall<Buffer, Buffer>;
  readonly clientStream?: handleClientStreamingCall<Buffer, Buffer>;
  readonly serverStream?: handleServerStreamingCall<Buffer, Buffer>;
  readonly bidi?: handleBidiStreamingCall<Buffer, Buffer>;
}

/** Returns the port. */
export async function grpcServer(t: Test, implementation: Implementation): Promise<number> {
  const server = new GrpcServer({
    'grpc.max_receive_message_length': -1,
    'grpc.max_send_message_length': -1,
  });
  server.addService(service, { ...notCalled, ...implementation });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  t.teardown(() => server.forceShutdown());
  return port;
}

const notCalled: UntypedServiceImplementation = Object.fromEntries(
  Object.keys(service).map((name) => [
    name,
    () => {
      throw new Error(`${name} was called`);
    },
  ]),
);

export interface RawServer {
  readonly port: number;
  readonly sessions: ServerHttp2Session[];
  readonly requests: IncomingHttpHeaders[];
  close(): void;
}

/** node:http2 itself, for what a gRPC server would not do. */
export async function rawServer(
  t: Test,
  onStream: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, count: number) => void,
): Promise<RawServer> {
  const server: Http2Server = createHttp2Server();
  const sessions: ServerHttp2Session[] = [];
  const sockets = new Set<Socket>();
  const requests: IncomingHttpHeaders[] = [];
  server.on('connection', (socket: Socket) => sockets.add(socket));
  server.on('session', (session) => {
    sessions.push(session);
    session.on('error', () => undefined);
  });
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    stream.on('error', () => undefined);
    requests.push(headers);
    onStream(stream, headers, requests.length);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  t.teardown(close);
  return { port: (server.address() as AddressInfo).port, sessions, requests, close };
}

export const grpcHead = { ':status': 200, 'content-type': 'application/grpc' };

/** Cluster `service` at the ports, with HTTP/2 unless `changes` say otherwise. */
export function serviceCluster(ports: readonly number[], changes: Json = {}): Json {
  return {
    name: 'service',
    connect_timeout: '1s',
    type: 'STATIC',
    typed_extension_protocol_options: {
      'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
        '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
        explicit_http_config: { http2_protocol_options: {} },
      },
    },
    load_assignment: {
      cluster_name: 'service',
      endpoints: [
        {
          lb_endpoints: ports.map((port) => ({
            endpoint: { address: { socket_address: { address: '127.0.0.1', port_value: port } } },
          })),
        },
      ],
    },
    ...changes,
  };
}

export function proxyWith(t: Test, clusters: readonly Json[]): Promise<RunningProxy> {
  return remora(t, () => bootstrap([], clusters)).to();
}

export const target: GrpcTarget = {
  clusterName: 'service',
  authority: 'service',
  timeoutMs: 0,
  retryPolicy: null,
  reconnectBackOff: null,
  maxReceiveMessageLength: 0,
  skipEnvoyHeaders: false,
  initialMetadata: [],
};

export function clientOf(proxy: RunningProxy, changes: Partial<GrpcTarget> = {}): GrpcClient {
  return new GrpcClient({ ...target, ...changes }, proxy.server.services);
}

/** Writes down what a call tells. */
export class Recorder implements GrpcStreamCallbacks {
  readonly messages: Buffer[] = [];
  initial: Metadata | null = null;
  trailers: Metadata | null = null;
  above = 0;
  below = 0;
  bytes = 0;
  keep = true;
  onEachMessage: (message: Buffer) => void = () => undefined;
  readonly status: Promise<GrpcStatus>;
  #resolve: (status: GrpcStatus) => void = () => undefined;
  statuses = 0;

  constructor() {
    this.status = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  onInitialMetadata(metadata: Metadata): void {
    this.initial = metadata;
  }
  onMessage(message: Buffer): void {
    this.bytes += message.length;
    if (this.keep) this.messages.push(message);
    this.onEachMessage(message);
  }
  onStatus(status: GrpcStatus, trailers: Metadata): void {
    this.statuses++;
    this.trailers = trailers;
    this.#resolve(status);
  }
  onAboveWriteBufferHighWatermark(): void {
    this.above++;
  }
  onBelowWriteBufferLowWatermark(): void {
    this.below++;
  }
  texts(): string[] {
    return this.messages.map((message) => message.toString());
  }
}

/** The outcome of a unary call. */
export function callUnary(
  client: GrpcClient,
  message: Buffer,
  options: Parameters<GrpcClient['unary']>[3] = {},
  path = service.unary.path,
): Promise<{ response: Buffer | null; status: GrpcStatus | null; trailers: Metadata }> {
  return new Promise((resolve) => {
    client.unary(
      path,
      message,
      {
        onSuccess: (response, trailers) => resolve({ response, status: null, trailers }),
        onFailure: (status, trailers) => resolve({ response: null, status, trailers }),
      },
      options,
    );
  });
}
