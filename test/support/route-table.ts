// Makes route tables for tests, from configuration as one writes it.

import { ipAddress } from '../../src/base/address.ts';
import { ConfigContext, type Diagnostic, loadMessage } from '../../src/config/api.ts';
import { ExtensionRegistry } from '../../src/config/extension-registry.ts';
import type { RouteConfiguration } from '../../src/generated/envoy/config/route/v3/route_pb.d.ts';
import { RequestHeaders } from '../../src/http/headers/header-map.ts';
import { headerName } from '../../src/http/headers/name.ts';
import { StatsStore } from '../../src/observability/stats/store.ts';
import { type DownstreamConnectionInfo, StreamInfo } from '../../src/observability/stream-info.ts';
import type { ForwardRoute, Route, RouteMatchContext, RouteTable } from '../../src/router/api.ts';
import { buildRouteTable } from '../../src/router/route-table/api.ts';
import type { Cluster, ClusterHandle, ClusterManager } from '../../src/upstream/api.ts';
import { FakeClock } from './fake-clock.ts';
import { FakeRuntime } from './fake-runtime.ts';

/** Knows the clusters it is told of. */
export class FakeClusters implements ClusterManager {
  readonly #handles = new Map<string, ClusterHandle>();
  readonly #names: ReadonlySet<string>;

  constructor(names: readonly string[]) {
    this.#names = new Set(names);
  }

  handle(name: string): ClusterHandle {
    const handle = this.#handles.get(name) ?? { name, cluster: null };
    this.#handles.set(name, handle);
    return handle;
  }

  has(name: string): boolean {
    return this.#names.has(name);
  }

  /** How many handles were made. */
  get handleCount(): number {
    return this.#handles.size;
  }

  clusters(): Iterable<Cluster> {
    return [];
  }
}

export interface BuildResult {
  readonly table: RouteTable | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** `configuration` is a RouteConfiguration in its JSON form. Clusters a, b and c exist. */
export async function tryBuild(
  configuration: object,
  clusters: ClusterManager = new FakeClusters(['a', 'b', 'c']),
  extensions = new ExtensionRegistry([]),
  stats = new StatsStore(),
): Promise<BuildResult> {
  const loaded = await loadMessage<RouteConfiguration>(
    'envoy.config.route.v3.RouteConfiguration',
    { name: 'routes', format: 'json', text: JSON.stringify({ name: 'r', ...configuration }) },
    {},
  );
  if (loaded.message === undefined) return { table: undefined, diagnostics: loaded.diagnostics };
  const config = new ConfigContext();
  const table = buildRouteTable(loaded.message, {
    services: {
      clusters,
      extensions,
      runtime: new FakeRuntime(),
      clock: new FakeClock(),
      stats,
      node: { cluster: 'here', localCluster: '' },
    },
    config,
  });
  return { table, diagnostics: await config.takeDiagnostics() };
}

export async function build(configuration: object, clusters?: ClusterManager): Promise<RouteTable> {
  const { table, diagnostics } = await tryBuild(configuration, clusters);
  if (table === undefined) throw new Error(JSON.stringify(diagnostics, undefined, 1));
  return table;
}

/** A table of one virtual host for every authority. */
export async function buildRoutes(
  routes: readonly object[],
  more: object = {},
  virtualHost: object = {},
): Promise<RouteTable> {
  return build({ virtualHosts: [{ name: 'v', domains: ['*'], routes, ...virtualHost }], ...more });
}

/** A route that answers with its name. */
export function named(name: string, match: object): object {
  return { name, match, directResponse: { status: 200, body: { inlineString: name } } };
}

export function forwardTo(match: object, route: object = {}, more: object = {}): object {
  return {
    match,
    route: { ...('clusterHeader' in route || 'weightedClusters' in route ? {} : { cluster: 'a' }), ...route },
    ...more,
  };
}

const connection: DownstreamConnectionInfo = {
  id: 1,
  localAddress: ipAddress('127.0.0.1', 1),
  directRemoteAddress: ipAddress('127.0.0.1', 1),
  listenerName: '',
  filterChainName: '',
  requestedServerName: '',
  tls: null,
  terminationDetails: '',
  transportFailureReason: '',
};

export interface RequestOptions {
  readonly method?: string;
  readonly path?: string;
  readonly host?: string;
  readonly scheme?: string;
  /** `name: value` lines. */
  readonly headers?: readonly string[];
  readonly random?: number;
}

export function request(options: RequestOptions | string = {}): RouteMatchContext {
  const {
    method = 'GET',
    path = '/',
    host = 'x',
    scheme = 'http',
    headers: lines = [],
    random = 0,
  } = typeof options === 'string' ? { path: options } : options;
  const headers = new RequestHeaders();
  headers.method = method;
  headers.path = path;
  headers.authority = host;
  headers.scheme = scheme;
  for (const line of lines) {
    const colon = line.indexOf(':');
    headers.append(headerName(line.slice(0, colon)), line.slice(colon + 1).trim());
  }
  return { headers, streamInfo: new StreamInfo(0, 0, connection), randomValue: random };
}

/** The name of the route that matches; undefined when none does. */
export function match(table: RouteTable, options: RequestOptions | string): string | undefined {
  const result = table.match(request(options));
  return result.kind === 'none' ? undefined : result.name;
}

export function routeOf(table: RouteTable, options: RequestOptions | string | RouteMatchContext = {}): Route {
  const context = typeof options === 'object' && 'streamInfo' in options ? options : request(options);
  const result = table.match(context);
  if (result.kind === 'none') throw new Error(result.cause);
  return result;
}

export function forwardRouteOf(
  table: RouteTable,
  options: RequestOptions | string | RouteMatchContext = {},
): ForwardRoute {
  const route = routeOf(table, options);
  if (route.kind !== 'forward') throw new Error(`a ${route.kind} route`);
  return route;
}

/** Matches, applies the route's changes, and gives back the headers as `name: value` lines. */
export function finalized(
  table: RouteTable,
  options: RequestOptions | string,
): { path: string; host: string; lines: string[] } {
  const context = request(options);
  forwardRouteOf(table, context).finalizeRequest(context.headers, context.streamInfo);
  return { path: context.headers.path, host: context.headers.authority, lines: linesOf(context.headers) };
}

export function linesOf(headers: {
  readonly size: number;
  nameAt(i: number): { name: string };
  valueAt(i: number): string;
}): string[] {
  return Array.from({ length: headers.size }, (_, i) => `${headers.nameAt(i).name}: ${headers.valueAt(i)}`);
}
