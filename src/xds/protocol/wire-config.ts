// Turns what the protocol says into messages of Envoy's API and back, and opens the streams that carry them.
import { fromBinary, type Message } from '@bufbuild/protobuf';
import type { Duration } from '@bufbuild/protobuf/wkt';
import { durationMs } from '../../base/duration.ts';
import { messageDescriptor } from '../../config/api.ts';
import type { Node } from '../../generated/envoy/config/core/v3/base_pb.d.ts';
import type {
  DeltaDiscoveryRequest,
  DeltaDiscoveryResponse,
  DiscoveryRequest,
  DiscoveryResponse,
  Resource,
} from '../../generated/envoy/service/discovery/v3/discovery_pb.d.ts';
import type { Status } from '../../generated/google/rpc/status_pb.d.ts';
import { type GrpcClient, type GrpcMethod, openStream, type TypedStream } from '../../grpc/api.ts';
import type { DiscoveryTransport, TransportCallbacks } from './discovery-stream.ts';
import type {
  DeltaRequest,
  DiscoveryUpdate,
  NamedResource,
  PackedResource,
  Refusal,
  StateRequest,
} from './messages.ts';

export type NodeMessage = Node;

const serviceName = 'envoy.service.discovery.v3.AggregatedDiscoveryService';
const wrapper = 'envoy.service.discovery.v3.Resource';

/** Of the aggregated service, unless `path` names the service of one type. */
export function openStateStream(
  client: GrpcClient,
  node: Node,
  callbacks: TransportCallbacks,
  path = `/${serviceName}/StreamAggregatedResources`,
): DiscoveryTransport<StateRequest> {
  const method: GrpcMethod = {
    path,
    request: messageDescriptor('envoy.service.discovery.v3.DiscoveryRequest'),
    response: messageDescriptor('envoy.service.discovery.v3.DiscoveryResponse'),
  };
  const stream = openStream<DiscoveryRequest, DiscoveryResponse>(client, method, {
    onMessage: (message) => callbacks.onUpdate(readState(message)),
    onStatus: (status) => callbacks.onEnd(status),
    onBelowWriteBufferLowWatermark: () => callbacks.onBelowWriteBufferLowWatermark(),
  });
  return new WireTransport(stream, (request, withNode) => writeState(request, withNode ? node : undefined));
}

export function openDeltaStream(
  client: GrpcClient,
  node: Node,
  callbacks: TransportCallbacks,
  path = `/${serviceName}/DeltaAggregatedResources`,
): DiscoveryTransport<DeltaRequest> {
  const method: GrpcMethod = {
    path,
    request: messageDescriptor('envoy.service.discovery.v3.DeltaDiscoveryRequest'),
    response: messageDescriptor('envoy.service.discovery.v3.DeltaDiscoveryResponse'),
  };
  const stream = openStream<DeltaDiscoveryRequest, DeltaDiscoveryResponse>(client, method, {
    onMessage: (message) => callbacks.onUpdate(readDelta(message)),
    onStatus: (status) => callbacks.onEnd(status),
    onBelowWriteBufferLowWatermark: () => callbacks.onBelowWriteBufferLowWatermark(),
  });
  return new WireTransport(stream, (request, withNode) => writeDelta(request, withNode ? node : undefined));
}

class WireTransport<Request, Wire extends Message> implements DiscoveryTransport<Request> {
  readonly #stream: TypedStream<Wire>;
  readonly #write: (request: Request, withNode: boolean) => Wire;

  constructor(stream: TypedStream<Wire>, write: (request: Request, withNode: boolean) => Wire) {
    this.#stream = stream;
    this.#write = write;
  }

  send(request: Request, withNode: boolean): void {
    this.#stream.sendMessage(this.#write(request, withNode), false);
  }

  close(): void {
    this.#stream.cancel();
  }

  readDisable(disable: boolean): void {
    this.#stream.readDisable(disable);
  }

  get isAboveWriteBufferHighWatermark(): boolean {
    return this.#stream.isAboveWriteBufferHighWatermark;
  }
}

export function writeState(request: StateRequest, node: Node | undefined): DiscoveryRequest {
  return {
    $typeName: 'envoy.service.discovery.v3.DiscoveryRequest',
    versionInfo: request.versionInfo,
    node,
    resourceNames: [...request.resourceNames],
    resourceLocators: [],
    typeUrl: request.typeUrl,
    responseNonce: request.responseNonce,
    errorDetail: errorDetail(request.refusal),
  };
}

export function writeDelta(request: DeltaRequest, node: Node | undefined): DeltaDiscoveryRequest {
  return {
    $typeName: 'envoy.service.discovery.v3.DeltaDiscoveryRequest',
    node,
    typeUrl: request.typeUrl,
    resourceNamesSubscribe: [...request.subscribe],
    resourceNamesUnsubscribe: [...request.unsubscribe],
    resourceLocatorsSubscribe: [],
    resourceLocatorsUnsubscribe: [],
    initialResourceVersions: Object.fromEntries(request.initialVersions),
    responseNonce: request.responseNonce,
    errorDetail: errorDetail(request.refusal),
  };
}

function errorDetail(refusal: Refusal | null): Status | undefined {
  if (refusal === null) return undefined;
  return { $typeName: 'google.rpc.Status', code: refusal.code, message: refusal.message, details: [] };
}

export function readState(message: DiscoveryResponse): DiscoveryUpdate {
  const { typeUrl, versionInfo, nonce, resources, controlPlane } = message;
  return {
    typeUrl,
    version: versionInfo,
    nonce,
    resources: resources.map((any) => unwrap(any)),
    removed: [],
    controlPlane: controlPlane?.identifier ?? '',
  };
}

export function readDelta(message: DeltaDiscoveryResponse): DiscoveryUpdate {
  return {
    typeUrl: message.typeUrl,
    version: message.systemVersionInfo,
    nonce: message.nonce,
    resources: message.resources.map(readResource),
    removed: message.removedResources,
    controlPlane: message.controlPlane?.identifier ?? '',
  };
}

function readResource({ name, version, ttl, resource }: Resource): NamedResource {
  return { name, version, ttlMs: ttlOf(ttl), resource: resource === undefined ? null : packed(resource) };
}

/** A resource may come in a Resource of its own, to be named or to have a time to live; what is none stays as it came. */
function unwrap(any: PackedResource): NamedResource {
  const plain: NamedResource = { name: '', version: '', ttlMs: 0, resource: packed(any) };
  if (!any.typeUrl.endsWith(`/${wrapper}`)) return plain;
  try {
    return readResource(fromBinary(messageDescriptor(wrapper), any.value) as Resource);
  } catch {
    // Whoever reads the resources says what is wrong with it.
    return plain;
  }
}

function packed({ typeUrl, value }: PackedResource): PackedResource {
  return { typeUrl, value };
}

function ttlOf(ttl: Duration | undefined): number {
  return Math.max(0, durationMs(ttl, 0));
}
