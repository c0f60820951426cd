/**
 * The plain sidecar of the first jobs, in three languages: one listener, one route, one cluster; request ids, forwarded
 * headers and statistics on, as a sidecar has them by default. Other jobs start from here and add to it.
 */
import type { Site } from '../job.ts';

const indent = (text: string, by: number): string => text.replaceAll(/^(?=.)/gm, ' '.repeat(by));

export interface EnvoyParts {
  /** YAML under `typed_config` of the HTTP connection manager, at its own left margin. */
  readonly connectionManager?: string;
  /** YAML list items of the filters before the router. */
  readonly httpFilters?: string;
  /** A field of the filter chain, on one line. */
  readonly filterChain?: string;
  /** A field of the cluster, on one line. */
  readonly cluster?: string;
  /** YAML of `routes:` list items; the default sends all to the cluster `app`. */
  readonly routes?: string;
}

/** use_remote_address makes Envoy append x-forwarded-for and write a new x-request-id, which costs what a sidecar pays. */
export function envoySidecar(site: Site, parts: EnvoyParts = {}): string {
  const routes = parts.routes ?? '- match: { prefix: "/" }\n  route: { cluster: app }\n';
  return `admin:
  address: { socket_address: { address: 127.0.0.1, port_value: ${site.admin} } }
static_resources:
  listeners:
    - name: ingress
      address: { socket_address: { address: 127.0.0.1, port_value: ${site.listen} } }
      filter_chains:
        - ${parts.filterChain === undefined ? '' : `${parts.filterChain}\n          `}filters:
            - name: envoy.filters.network.http_connection_manager
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                stat_prefix: ingress
                codec_type: AUTO
                use_remote_address: true
${indent(parts.connectionManager ?? '', 16)}                route_config:
                  name: local
                  virtual_hosts:
                    - name: app
                      domains: ["*"]
                      routes:
${indent(routes, 24)}                http_filters:
${indent(parts.httpFilters ?? '', 18)}                  - name: envoy.filters.http.router
                    typed_config:
                      "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router
  clusters:
    - name: app
      type: STATIC
      connect_timeout: 1s
${indent(parts.cluster === undefined || parts.cluster === '' ? '' : `${parts.cluster}\n`, 6)}      load_assignment:
        cluster_name: app
        endpoints:
          - lb_endpoints:
              - endpoint:
                  address: { socket_address: { address: 127.0.0.1, port_value: ${site.upstream} } }
`;
}

/** One process (no master), no buffering to disk. `accessLog` holds the directives for it, at the http level. */
export function nginxSidecar(site: Site, accessLog = 'access_log off;\n'): string {
  return `daemon off;
master_process off;
pid nginx.pid;
error_log error.log warn;
events { worker_connections 4096; }
http {
${indent(accessLog, 2)}  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  client_max_body_size 0;
  keepalive_requests 1000000000;
  keepalive_timeout 1h;
  upstream app {
    server 127.0.0.1:${site.upstream};
    keepalive 1024;
    keepalive_requests 1000000000;
    keepalive_timeout 1h;
  }
  server {
    listen 127.0.0.1:${site.listen} backlog=4096;
    location / {
      proxy_pass http://app;
      proxy_http_version 1.1;
      proxy_max_temp_file_size 0;
      proxy_request_buffering off;
      proxy_set_header Host $http_host;
      proxy_set_header Connection "";
      proxy_set_header X-Request-Id $request_id;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
    }
  }
}
`;
}

/** `logging` holds lines of the `defaults` section, `target` those of the `global` section. */
export function haproxySidecar(
  site: Site,
  logging: { target: string; format: string } = { target: '', format: '' },
): string {
  return `global
  nbthread 1
  maxconn 4096
${indent(logging.target, 2)}
defaults
  mode http
  timeout connect 1s
  timeout client 1h
  timeout server 1h
  option http-keep-alive
  http-reuse always
${indent(logging.format, 2)}
frontend ingress
  bind 127.0.0.1:${site.listen}
  option forwardfor
  unique-id-format %[uuid()]
  http-request set-header X-Request-Id %[unique-id]
  http-request set-header X-Forwarded-Proto http
  default_backend app

backend app
  server app1 127.0.0.1:${site.upstream}
`;
}
