// Puts a stream to a management server together: the protocol in one of its variants, the conversation over the gRPC
// client, and who gets what of it.
import type { ConfigOptions } from '../config/api.ts';
import { GrpcClient, type GrpcTarget } from '../grpc/api.ts';
import type { ProcessServices } from '../upstream/services.ts';
import { Delta } from './protocol/delta.ts';
import { DiscoveryStream } from './protocol/discovery-stream.ts';
import type { DiscoveryProtocol } from './protocol/protocol.ts';
import { ReconnectDelay } from './protocol/reconnect-delay.ts';
import { StateOfTheWorld } from './protocol/state-of-the-world.ts';
import { controlPlaneStats } from './protocol/stats.ts';
import { type NodeMessage, openDeltaStream, openStateStream } from './protocol/wire-config.ts';
import { ResourceMux } from './resource-mux.ts';

export interface AggregatedOptions {
  readonly target: GrpcTarget;
  readonly delta: boolean;
  /** set_node_on_first_message_only; delta does so anyway, as in Envoy. */
  readonly nodeOnFirstOnly: boolean;
  readonly node: NodeMessage;
  readonly services: ProcessServices;
  readonly config: ConfigOptions;
}

/** Aggregated discovery: all types over one stream, in the order in which the server sends them. */
export class AggregatedDiscovery {
  readonly mux: ResourceMux;
  readonly #stream: { start(): void; stop(): void; flush(): void };

  constructor(options: AggregatedOptions) {
    const { services, config, delta, target, node } = options;
    const client = new GrpcClient(target, services);
    const { clock, timers } = services;
    const flush = (): void => this.#stream.flush();
    if (delta) {
      const protocol = new Delta();
      this.mux = new ResourceMux({ protocol, delta, clock, timers, config, flush });
      this.#stream = this.#converse(options, protocol, (callbacks) => openDeltaStream(client, node, callbacks));
    } else {
      const protocol = new StateOfTheWorld();
      this.mux = new ResourceMux({ protocol, delta, clock, timers, config, flush });
      this.#stream = this.#converse(options, protocol, (callbacks) => openStateStream(client, node, callbacks));
    }
  }

  #converse<Request>(
    { target, delta, nodeOnFirstOnly, services }: AggregatedOptions,
    protocol: DiscoveryProtocol<Request>,
    open: ConstructorParameters<typeof DiscoveryStream<Request>>[0]['open'],
  ): DiscoveryStream<Request> {
    return new DiscoveryStream({
      name: `${delta ? 'DeltaAggregatedResources' : 'StreamAggregatedResources'} gRPC config stream to ${target.clusterName}`,
      protocol,
      open,
      handler: this.mux,
      delay: new ReconnectDelay(target.reconnectBackOff, services.random),
      timers: services.timers,
      stats: controlPlaneStats(services.stats),
      nodeOnFirstOnly,
    });
  }

  /** When the cluster that it goes to can be used. */
  start(): void {
    this.#stream.start();
  }

  stop(): void {
    this.#stream.stop();
    this.mux.stop();
  }
}
