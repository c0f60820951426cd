// Owns the conversation with one management server: opens the stream, sends what the protocol has to say as fast as the
// server reads, hands updates on one after the other for each type, answers them, and opens it again when it has ended.
import { contain } from '../../base/assert.ts';
import { errorText } from '../../base/error-text.ts';
import { logger } from '../../base/logger.ts';
import type { Timer, TimerHandler, Timers } from '../../base/timers.ts';
import { codeName, GrpcCode, type GrpcStatus } from '../../grpc/api.ts';
import type { DiscoveryUpdate, Refusal } from './messages.ts';
import type { DiscoveryProtocol } from './protocol.ts';
import type { ReconnectDelay } from './reconnect-delay.ts';
import type { ControlPlaneStats } from './stats.ts';

const log = logger('config');

/** A stream of messages; what it is made of is the opener's. */
export interface DiscoveryTransport<Request> {
  /** `withNode`: the first of a stream always, further ones by configuration. */
  send(request: Request, withNode: boolean): void;
  close(): void;
  /** Counts. */
  readDisable(disable: boolean): void;
  readonly isAboveWriteBufferHighWatermark: boolean;
}

export interface TransportCallbacks {
  onUpdate(update: DiscoveryUpdate): void;
  /** Once; may come before `open` returns. Nothing follows. */
  onEnd(status: GrpcStatus): void;
  onBelowWriteBufferLowWatermark(): void;
}

export interface UpdateHandler {
  /** Null when all of it is in force. An exception refuses the update too. */
  apply(update: DiscoveryUpdate): Promise<Refusal | null> | Refusal | null;
  /** The stream has ended, or could not be opened. */
  onDisconnected(): void;
}

export interface DiscoveryStreamOptions<Request> {
  /** Whom it speaks to and how, for the log. */
  readonly name: string;
  readonly protocol: DiscoveryProtocol<Request>;
  readonly open: (callbacks: TransportCallbacks) => DiscoveryTransport<Request>;
  readonly handler: UpdateHandler;
  readonly delay: ReconnectDelay;
  readonly timers: Timers;
  readonly stats: ControlPlaneStats;
  /** set_node_on_first_message_only. */
  readonly nodeOnFirstOnly: boolean;
}

/** Updates that may wait for those before them; then the server is held back. */
const maxWaiting = 16;

/**
 * What an update asks for in its turn, by type: it is asked for once, when all of the update is in force, as in Envoy, and not
 * name by name.
 */
const dependents: Readonly<Record<string, string>> = {
  'type.googleapis.com/envoy.config.cluster.v3.Cluster':
    'type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment',
};

export class DiscoveryStream<Request> implements TransportCallbacks, TimerHandler {
  readonly #options: DiscoveryStreamOptions<Request>;
  #transport: DiscoveryTransport<Request> | null = null;
  /** Of the stream that is open: what belongs to one before it answers nobody. */
  #generation = 0;
  #timer: Timer | null = null;
  #stopped = false;
  #saidNode = false;
  #sending = false;
  /** The end came while the stream was opened. */
  #ended = false;
  /** Failed before, and said so: what goes on failing is not told again. */
  #complained = false;
  /** By type: one update after the other. Across types they may overlap, since a listener waits for its routes. */
  readonly #applying = new Map<string, Promise<void>>();
  #waiting = 0;
  #heldBack = false;

  constructor(options: DiscoveryStreamOptions<Request>) {
    this.#options = options;
  }

  start(): void {
    if (this.#transport !== null || this.#stopped || this.#timer !== null) return;
    const { protocol, open, stats } = this.#options;
    this.#generation++;
    this.#saidNode = false;
    this.#ended = false;
    this.#waiting = 0;
    this.#heldBack = false;
    const transport = open(this);
    if (this.#ended) return;
    this.#transport = transport;
    stats.connectedState.set(1);
    protocol.onStreamOpened();
    this.flush();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#timer = null;
    const transport = this.#transport;
    this.#transport = null;
    if (transport === null) return;
    this.#options.protocol.onStreamClosed();
    this.#options.stats.connectedState.set(0);
    transport.close();
  }

  /** The protocol may have something to say: after every change of what is wanted. */
  flush(): void {
    // What is sent may come back as an event at once.
    if (this.#sending) return;
    this.#sending = true;
    const { protocol, nodeOnFirstOnly, stats } = this.#options;
    for (;;) {
      const transport = this.#transport;
      if (transport === null || transport.isAboveWriteBufferHighWatermark) break;
      const request = protocol.next();
      if (request === null) break;
      const withNode = !this.#saidNode || !nodeOnFirstOnly;
      this.#saidNode = true;
      transport.send(request, withNode);
    }
    stats.pendingRequests.set(protocol.pending);
    this.#sending = false;
  }

  onBelowWriteBufferLowWatermark(): void {
    this.flush();
  }

  onUpdate(update: DiscoveryUpdate): void {
    const { protocol, delay, stats, name } = this.#options;
    delay.reset();
    this.#complained = false;
    if (update.controlPlane !== '') stats.identifier.value = update.controlPlane;
    if (!protocol.wants(update.typeUrl)) {
      log.warning(`${name}: an update of ${update.typeUrl}, which nobody has asked for, is passed over`);
      return;
    }
    const generation = this.#generation;
    this.#waiting++;
    this.#hold();
    const before = this.#applying.get(update.typeUrl) ?? Promise.resolve();
    const applied = before.then(() => this.#apply(update, generation));
    this.#applying.set(update.typeUrl, applied);
  }

  /** Never rejects. */
  async #apply(update: DiscoveryUpdate, generation: number): Promise<void> {
    const { protocol, handler, name } = this.#options;
    if (this.#stopped) return;
    let refusal: Refusal | null;
    const dependent = dependents[update.typeUrl];
    if (dependent !== undefined) protocol.pause(dependent);
    try {
      refusal = await handler.apply(update);
    } catch (error) {
      contain(`an update of ${update.typeUrl}`, error);
      refusal = { code: GrpcCode.Internal, message: errorText(error) };
    }
    if (dependent !== undefined) protocol.resume(dependent);
    if (this.#stopped) return;
    if (refusal !== null) log.warning(`${name}: an update of ${update.typeUrl} is refused: ${refusal.message}`);
    const current = generation === this.#generation && this.#transport !== null;
    if (refusal === null) protocol.accept(update, current);
    else protocol.refuse(update, refusal, current);
    if (!current) return;
    this.#waiting--;
    this.#hold();
    this.flush();
  }

  #hold(): void {
    const full = this.#waiting >= maxWaiting;
    if (full === this.#heldBack) return;
    this.#heldBack = full;
    this.#transport?.readDisable(full);
  }

  onEnd(status: GrpcStatus): void {
    const { protocol, handler, delay, timers, stats } = this.#options;
    this.#ended = true;
    this.#transport = null;
    protocol.onStreamClosed();
    stats.connectedState.set(0);
    stats.pendingRequests.set(0);
    if (this.#stopped) return;
    this.#tell(status);
    this.#timer = timers.schedule(delay.next(), this);
    handler.onDisconnected();
  }

  /** A server that ends streams in peace, to spread its clients, is nothing to warn of. */
  #tell(status: GrpcStatus): void {
    const text = `${this.#options.name} closed: ${codeName(status.code)}, ${status.cause}`;
    if (status.code === GrpcCode.Ok || this.#complained) {
      if (log.debugEnabled) log.debug(text);
      return;
    }
    this.#complained = true;
    log.warning(text);
  }

  onTimer(): void {
    this.#timer = null;
    this.start();
  }
}
