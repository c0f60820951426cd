// Makes bootstraps for tests: plain objects in the API's JSON form, so that a test names only what it is about.

const hcmType = 'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager';
const routerType = 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router';
const fileLogType = 'type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog';

export type Json = { readonly [key: string]: unknown };

export function address(port: number, host = '127.0.0.1'): Json {
  return { socketAddress: { address: host, portValue: port } };
}

export function pipe(path: string): Json {
  return { pipe: { path } };
}

/** What the access log of a test proxy says of each request. */
export interface LogLine {
  readonly path: string;
  readonly code: number;
  readonly flags: string;
  readonly details: string;
  readonly attempts: number;
  readonly upstream: string | null;
}

export function accessLog(path: string): Json {
  return {
    name: 'file',
    typedConfig: {
      '@type': fileLogType,
      path,
      logFormat: {
        jsonFormat: {
          path: '%REQ(:PATH)%',
          code: '%RESPONSE_CODE%',
          flags: '%RESPONSE_FLAGS%',
          details: '%RESPONSE_CODE_DETAILS%',
          attempts: '%UPSTREAM_REQUEST_ATTEMPT_COUNT%',
          upstream: '%UPSTREAM_HOST%',
        },
      },
    },
  };
}

/** A route configuration of one virtual host. */
export function routeConfig(name: string, routes: readonly Json[]): Json {
  return { name, virtualHosts: [{ name: 'all', domains: ['*'], routes }] };
}

export function forwardTo(cluster: string, more: Json = {}, prefix = '/'): Json {
  return { match: { prefix }, route: { cluster, ...more } };
}

export function directResponse(text: string, prefix = '/'): Json {
  return { match: { prefix }, directResponse: { status: 200, body: { inlineString: text } } };
}

/** `more` goes into the connection manager; `routeConfig` or `rds` says where routes come from. */
export function httpChain(more: Json, chain: Json = {}): Json {
  return {
    ...chain,
    filters: [
      {
        name: 'http',
        typedConfig: {
          '@type': hcmType,
          statPrefix: 'test',
          httpFilters: [{ name: 'router', typedConfig: { '@type': routerType } }],
          ...more,
        },
      },
    ],
  };
}

export function listener(name: string, where: Json, chains: readonly Json[], more: Json = {}): Json {
  return { name, address: where, filterChains: chains, ...more };
}

export function loadAssignment(name: string, where: readonly Json[]): Json {
  return {
    clusterName: name,
    endpoints: [{ lbEndpoints: where.map((endpoint) => ({ endpoint: { address: endpoint } })) }],
  };
}

export function cluster(name: string, where: readonly Json[], more: Json = {}): Json {
  return { name, type: 'STATIC', connectTimeout: '5s', loadAssignment: loadAssignment(name, where), ...more };
}

export function bootstrap(listeners: readonly Json[], clusters: readonly Json[], more: Json = {}): Json {
  return { node: { id: 'test', cluster: 'test' }, staticResources: { listeners, clusters }, ...more };
}

/** A DiscoveryResponse as a file source holds it. */
export function discovery(type: string, version: string, resources: readonly Json[]): string {
  return JSON.stringify({
    versionInfo: version,
    resources: resources.map((resource) => ({ '@type': `type.googleapis.com/${type}`, ...resource })),
  });
}
