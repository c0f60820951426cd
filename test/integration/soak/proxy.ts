// Owns the proxy under soak: Remora as a user starts it, or the real Envoy to see what the soak itself is worth.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, waitReady } from '../../../bench/machine/ports.ts';
import { type MemoryReading, readMemory } from '../../../bench/machine/proc.ts';
import { start } from '../../../bench/machine/programs.ts';
import { projectRoot } from '../../../bench/paths.ts';
import { findEnvoy } from '../../../bench/proxies/envoy.ts';

export type ProxyName = 'remora' | 'envoy';

export interface ProxyUnderSoak {
  readonly port: number;
  memory(): MemoryReading;
  /** All of /stats that are not 0, by name. */
  stats(): Promise<Readonly<Record<string, number>>>;
  /** Throws when the process has ended by itself. */
  assertAlive(): void;
  stop(): Promise<void>;
}

export interface SoakConfig {
  readonly upstreamPort: number;
  /** Bytes that a connection may buffer on either side, the watermark. */
  readonly bufferLimit: number;
  /** The upstream speaks HTTP/2, by prior knowledge. */
  readonly upstreamHttp2?: boolean;
}

/** Small enough that what one side does not read is soon felt by the other. */
const windows = '{ initial_stream_window_size: 65535, initial_connection_window_size: 200000 }';

const http2 = `
      typed_extension_protocol_options:
        envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
          "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
          explicit_http_config: { http2_protocol_options: ${windows} }`;

/**
 * Route timeouts are off, since slow readers are the point. Remora sends a request again by itself when a reused connection
 * fails before the response; Envoy does so only where a route asks for it.
 */
function bootstrap(name: ProxyName, config: SoakConfig, listen: number, admin: number): string {
  const retry = name === 'envoy' ? ', retry_policy: { retry_on: "reset,connect-failure", num_retries: 5 }' : '';
  const speaks = config.upstreamHttp2 === true ? http2 : '';
  return `admin:
  address: { socket_address: { address: 127.0.0.1, port_value: ${admin} } }
static_resources:
  listeners:
    - name: soak
      address: { socket_address: { address: 127.0.0.1, port_value: ${listen} } }
      per_connection_buffer_limit_bytes: ${config.bufferLimit}
      filter_chains:
        - filters:
            - name: envoy.filters.network.http_connection_manager
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                stat_prefix: soak
                http2_protocol_options: ${windows}
                stream_idle_timeout: 0s
                route_config:
                  name: local
                  virtual_hosts:
                    - name: app
                      domains: ["*"]
                      routes:
                        - match: { prefix: "/" }
                          route: { cluster: app, timeout: 0s${retry} }
                http_filters:
                  - name: envoy.filters.http.router
                    typed_config:
                      "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router
  clusters:
    - name: app
      type: STATIC
      connect_timeout: 5s
      per_connection_buffer_limit_bytes: ${config.bufferLimit}
      circuit_breakers: { thresholds: [{ max_retries: 1024, max_requests: 10000, max_connections: 10000 }] }${speaks}
      load_assignment:
        cluster_name: app
        endpoints:
          - lb_endpoints:
              - endpoint:
                  address: { socket_address: { address: 127.0.0.1, port_value: ${config.upstreamPort} } }
`;
}

export async function startProxy(name: ProxyName, config: SoakConfig): Promise<ProxyUnderSoak> {
  const dir = mkdtempSync(join(tmpdir(), 'remora-soak-'));
  const port = await freePort();
  const admin = await freePort();
  const file = join(dir, 'envoy.yaml');
  writeFileSync(file, bootstrap(name, config, port, admin));
  let command = [join(projectRoot, 'bin/remora'), 'run', '-c', file];
  if (name === 'envoy') {
    const envoy = findEnvoy();
    if (envoy === undefined) throw new Error('no Envoy found: set ENVOY_BIN');
    command = [envoy, '-c', file, '--concurrency', '1', '--disable-hot-restart', '-l', 'warning'];
  }
  const running = start(command, join(dir, 'log'));
  await waitReady(admin, '/ready', performance.now(), () => running.assertAlive());
  return {
    port,
    memory: () => readMemory(running.pid),
    async stats() {
      const text = await (await fetch(`http://127.0.0.1:${admin}/stats?usedonly`)).text();
      const pairs = text.split('\n').map((line) => line.split(': '));
      return Object.fromEntries(pairs.map(([key, value]) => [key ?? '', Number(value)]).filter(([, value]) => value));
    },
    assertAlive: () => running.assertAlive(),
    async stop() {
      await running.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
