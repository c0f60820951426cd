// A control plane for tests, on grpc-js: it serves what the test sets, state of the world and delta, aggregated or by type, and
// misbehaves where the test says so. Everything that a proxy says to it is kept.
import { rmSync } from 'node:fs';
import { create, fromBinary, fromJson, type JsonObject, type Message, toBinary, toJson } from '@bufbuild/protobuf';
import { AnySchema } from '@bufbuild/protobuf/wkt';
import { Server, ServerCredentials, type ServerDuplexStream, type ServiceDefinition, status } from '@grpc/grpc-js';
import type { Test } from 'tap';
import { messageDescriptor, registry } from '../../../src/config/registry.ts';
import { answers, type DiscoveryMode, methods } from './services.ts';

/** A resource as its JSON, with `@type`; `name` where it does not say it itself (a runtime layer does, an extension config too). */
export interface Resource {
  readonly name: string;
  readonly version: string;
  readonly json: JsonObject;
}

/** What a proxy said: the request's JSON (lowerCamelCase). */
export type Said = JsonObject & { readonly typeUrl?: string };

type Duplex = ServerDuplexStream<Buffer, Buffer>;

export class DiscoveryStream {
  readonly mode: DiscoveryMode;
  /** `/package.Service/Method`. */
  readonly path: string;
  readonly requests: Said[] = [];
  /** Of the call. */
  readonly metadata: Readonly<Record<string, readonly string[]>>;
  open = true;
  /** By type: the names that the proxy is subscribed to; `*` for all. */
  readonly subscribed = new Map<string, Set<string>>();
  /** By type and name, the versions that the proxy has (delta). */
  readonly #known = new Map<string, Map<string, string>>();
  readonly #call: Duplex;
  #nonce = 0;

  constructor(call: Duplex, path: string, mode: DiscoveryMode) {
    this.#call = call;
    this.path = path;
    this.mode = mode;
    this.metadata = Object.fromEntries(
      Object.keys(call.metadata.getMap()).map((key) => [key, call.metadata.get(key).map(String)]),
    );
  }

  /** The last request of that type. */
  last(type: string): Said | undefined {
    return this.requests.findLast((request) => request.typeUrl === type);
  }

  nextNonce(): string {
    return `n${++this.#nonce}`;
  }

  knownOf(type: string): Map<string, string> {
    const known = this.#known.get(type) ?? new Map<string, string>();
    this.#known.set(type, known);
    return known;
  }

  /** A response of the test's own making, in JSON. */
  send(response: JsonObject): void {
    const schema = messageDescriptor(answers[this.mode].response);
    this.sendBytes(toBinary(schema, fromJson(schema, response, { registry: registry() })));
  }

  /** Bytes in place of a response. */
  sendBytes(bytes: Uint8Array): void {
    if (this.open) this.#call.write(Buffer.from(bytes));
  }

  /** By default as a server that goes away. */
  end(code: number = status.UNAVAILABLE, details = 'the test ends the stream'): void {
    this.open = false;
    if (code === status.OK) this.#call.end();
    else this.#call.emit('error', { code, details });
  }
}

export interface ControlPlaneOptions {
  /** In place of clear text. */
  readonly credentials?: ServerCredentials;
  /** A Unix socket in place of a port. */
  readonly socket?: string;
  /** Answers nothing by itself: the test does. */
  readonly silent?: boolean;
}

export class ControlPlane {
  readonly streams: DiscoveryStream[] = [];
  #server: Server;
  readonly #options: ControlPlaneOptions;
  readonly #resources = new Map<string, Map<string, Resource>>();
  readonly #versions = new Map<string, number>();
  #port = 0;

  private constructor(options: ControlPlaneOptions) {
    this.#options = options;
    this.#server = this.#makeServer();
  }

  static async start(t: Test, options: ControlPlaneOptions = {}): Promise<ControlPlane> {
    const plane = new ControlPlane(options);
    await plane.#bind(0);
    t.teardown(() => plane.stop());
    return plane;
  }

  get port(): number {
    return this.#port;
  }

  /** Ends its connections at once. */
  stop(): void {
    for (const stream of this.streams) stream.open = false;
    this.#server.forceShutdown();
    if (this.#options.socket !== undefined) rmSync(this.#options.socket, { force: true });
  }

  /** The same place again, after `stop`, with what was set. */
  async restart(): Promise<void> {
    this.#server = this.#makeServer();
    await this.#bind(this.#port);
  }

  /** Streams that are open now. */
  get open(): DiscoveryStream[] {
    return this.streams.filter((stream) => stream.open);
  }

  // --- resources -------------------------------------------------------------------------------------------------------

  /** In place of all of the type; every stream that is subscribed hears of it. Versions count up where none is given. */
  set(type: string, resources: readonly JsonObject[], version?: string): void {
    const number = (this.#versions.get(type) ?? 0) + 1;
    this.#versions.set(type, number);
    const text = version ?? String(number);
    const before = this.#resources.get(type);
    const made = new Map<string, Resource>();
    for (const json of resources) {
      const name = nameOf(json);
      const old = before?.get(name);
      const same = old !== undefined && JSON.stringify(old.json) === JSON.stringify(json);
      made.set(name, same ? old : { name, version: text, json });
    }
    this.#resources.set(type, made);
    if (this.#options.silent === true) return;
    for (const stream of this.open) if (stream.subscribed.has(type)) this.#answer(stream, type);
  }

  #answer(stream: DiscoveryStream, type: string, asked: ReadonlySet<string> | null = null): void {
    if (stream.mode === 'delta') this.#answerDelta(stream, type, asked);
    else this.#answerWorld(stream, type);
  }

  #wanted(stream: DiscoveryStream, type: string): Resource[] {
    const names = stream.subscribed.get(type) ?? new Set();
    const all = [...(this.#resources.get(type)?.values() ?? [])];
    return names.has('*') ? all : all.filter(({ name }) => names.has(name));
  }

  #answerWorld(stream: DiscoveryStream, type: string): void {
    stream.send({
      versionInfo: String(this.#versions.get(type) ?? 0),
      resources: this.#wanted(stream, type).map(({ json }) => json),
      typeUrl: type,
      nonce: stream.nextNonce(),
    });
  }

  /** `asked`: names that are answered whatever the proxy knows; null: what has changed. */
  #answerDelta(stream: DiscoveryStream, type: string, asked: ReadonlySet<string> | null): void {
    const known = stream.knownOf(type);
    const wanted = this.#wanted(stream, type);
    const names = new Set(wanted.map(({ name }) => name));
    const changed = wanted.filter(({ name, version }) => asked?.has(name) === true || known.get(name) !== version);
    const gone = [...known.keys()].filter((name) => !names.has(name));
    const missing = [...(asked ?? [])].filter((name) => name !== '*' && !names.has(name) && !gone.includes(name));
    if (changed.length + gone.length + missing.length === 0 && asked === null) return;
    for (const { name, version } of changed) known.set(name, version);
    for (const name of gone) known.delete(name);
    stream.send({
      systemVersionInfo: String(this.#versions.get(type) ?? 0),
      resources: changed.map(({ name, version, json }) => ({ name, version, resource: json })),
      removedResources: [...gone, ...missing],
      typeUrl: type,
      nonce: stream.nextNonce(),
    });
  }

  // --- what proxies say ------------------------------------------------------------------------------------------------

  #onRequest(stream: DiscoveryStream, bytes: Buffer, fixedType: string): void {
    const schema = messageDescriptor(answers[stream.mode].request);
    const json = toJson(schema, fromBinary(schema, bytes), { registry: registry() }) as Said;
    const type = json.typeUrl ?? fixedType;
    stream.requests.push({ ...json, typeUrl: type });
    if (stream.mode === 'delta') this.#onDeltaRequest(stream, type, json);
    else this.#onWorldRequest(stream, type, json);
  }

  #onWorldRequest(stream: DiscoveryStream, type: string, json: Said): void {
    const names = namesIn(json['resourceNames']);
    const before = stream.subscribed.get(type);
    const now = new Set(names.length === 0 ? ['*'] : names);
    stream.subscribed.set(type, now);
    // An acknowledgement, or a refusal, that asks for nothing new.
    if (before !== undefined && [...now].every((name) => before.has(name)) && now.size === before.size) return;
    if (this.#options.silent !== true && this.#resources.has(type)) this.#answer(stream, type);
  }

  #onDeltaRequest(stream: DiscoveryStream, type: string, json: Said): void {
    const first = !stream.subscribed.has(type);
    const subscribed = stream.subscribed.get(type) ?? new Set<string>();
    stream.subscribed.set(type, subscribed);
    const added = namesIn(json['resourceNamesSubscribe']);
    if (first && added.length === 0) added.push('*');
    for (const name of added) subscribed.add(name);
    for (const name of namesIn(json['resourceNamesUnsubscribe'])) {
      subscribed.delete(name);
      stream.knownOf(type).delete(name);
    }
    const versions = json['initialResourceVersions'] as Record<string, string> | undefined;
    for (const [name, version] of Object.entries(versions ?? {})) stream.knownOf(type).set(name, version);
    if (added.length === 0 || this.#options.silent === true || !this.#resources.has(type)) return;
    // What the proxy says that it has is not sent again.
    this.#answer(stream, type, new Set(added.filter((name) => !stream.knownOf(type).has(name))));
  }

  // --- the server ------------------------------------------------------------------------------------------------------

  #makeServer(): Server {
    const server = new Server({ 'grpc.max_receive_message_length': -1, 'grpc.max_send_message_length': -1 });
    for (const { service, method, mode, type } of methods) {
      const path = `/${service}/${method}`;
      const definition: ServiceDefinition = {
        [method]: {
          path,
          requestStream: true,
          responseStream: true,
          requestSerialize: identity,
          requestDeserialize: identity,
          responseSerialize: identity,
          responseDeserialize: identity,
        },
      };
      server.addService(definition, {
        [method]: (call: Duplex) => {
          const stream = new DiscoveryStream(call, path, mode);
          this.streams.push(stream);
          call.on('data', (bytes: Buffer) => this.#onRequest(stream, bytes, type));
          call.on('error', () => {
            stream.open = false;
          });
          call.on('cancelled', () => {
            stream.open = false;
          });
          call.on('end', () => {
            stream.open = false;
            call.end();
          });
        },
      });
    }
    return server;
  }

  #bind(port: number): Promise<void> {
    const { socket, credentials = ServerCredentials.createInsecure() } = this.#options;
    const where = socket === undefined ? `127.0.0.1:${port}` : `unix:${socket}`;
    return new Promise((resolve, reject) => {
      this.#server.bindAsync(where, credentials, (error, bound) => {
        if (error !== null) reject(error);
        else {
          this.#port = bound;
          resolve();
        }
      });
    });
  }
}

const identity = (bytes: Buffer): Buffer => bytes;

function namesIn(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

/** ClusterLoadAssignment says `cluster_name`, everything else `name`. */
function nameOf(json: JsonObject): string {
  return String(json['name'] ?? json['clusterName'] ?? json['cluster_name'] ?? '');
}

/** Bytes of a DiscoveryResponse whose one resource is no message of its type. */
export function brokenResponse(type: string, nonce: string): Uint8Array {
  const schema = messageDescriptor(answers.world.response);
  const broken = create(AnySchema, { typeUrl: type, value: new Uint8Array([0xff, 0xff, 0xff]) });
  const response = create(schema) as Message & Record<string, unknown>;
  return toBinary(
    schema,
    Object.assign(response, { versionInfo: 'broken', typeUrl: type, nonce, resources: [broken] }),
  );
}
