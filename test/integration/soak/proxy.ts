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
  /** Throws when the process has ended by itself. */
  assertAlive(): void;
  stop(): Promise<void>;
}

export interface SoakConfig {
  readonly upstreamPort: number;
  /** Bytes that a connection may buffer on either side, the watermark. */
  readonly bufferLimit: number;
}

/**
 * Route timeouts are off, since slow readers are the point. Remora sends a request again by itself when a reused connection
 * fails before the response; Envoy does so only where a route asks for it.
 */
function bootstrap(name: ProxyName, config: SoakConfig, listen: number, admin: number): string {
  const retry = name === 'envoy' ? ', retry_policy: { retry_on: "reset,connect-failure", num_retries: 5 }' : '';
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
      circuit_breakers: { thresholds: [{ max_retries: 1024 }] }
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
    assertAlive: () => running.assertAlive(),
    async stop() {
      await running.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
