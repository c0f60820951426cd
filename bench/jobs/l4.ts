/** Bytes of no protocol through tcp_proxy: what a round trip of 100 bytes costs, and what moving many of them costs. */
import type { Case, Job, L4Load, Site } from '../job.ts';

const envoyTcp = ({ admin, listen, upstreamTcp }: Site): string => `admin:
  address: { socket_address: { address: 127.0.0.1, port_value: ${admin} } }
static_resources:
  listeners:
    - name: ingress
      address: { socket_address: { address: 127.0.0.1, port_value: ${listen} } }
      filter_chains:
        - filters:
            - name: envoy.filters.network.tcp_proxy
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy
                stat_prefix: ingress
                cluster: app
  clusters:
    - name: app
      type: STATIC
      connect_timeout: 1s
      load_assignment:
        cluster_name: app
        endpoints:
          - lb_endpoints:
              - endpoint:
                  address: { socket_address: { address: 127.0.0.1, port_value: ${upstreamTcp} } }
`;

const haproxyTcp = ({ admin, listen, upstreamTcp }: Site): string => `global
  nbthread 1
  maxconn 4096

defaults
  timeout connect 1s
  timeout client 1h
  timeout server 1h

frontend ready
  mode http
  bind 127.0.0.1:${admin}
  http-request return status 200

frontend ingress
  mode tcp
  bind 127.0.0.1:${listen}
  default_backend app

backend app
  mode tcp
  server app1 127.0.0.1:${upstreamTcp}
`;

const at = (mode: L4Load['mode'], connections: number, name: string, bulk: boolean): Case => ({
  name,
  load: { kind: 'l4', mode, connections },
  ...(bulk ? { bytesPerRequest: 1 << 20 } : {}),
});

const common = {
  readyOnAdmin: true,
  envoy: envoyTcp,
  // Most builds of nginx come without its stream module.
  nginx: () => undefined,
  haproxy: haproxyTcp,
} as const;

export const l4Jobs: readonly Job[] = [
  {
    name: 'l4-small',
    title: 'CPU time for each round trip of 100 bytes through tcp_proxy',
    description: '100 bytes up and back, one at a time on each connection, through plain TCP',
    headline: 'cpuMicroseconds',
    cases: [1, 8, 32, 128].map((connections) =>
      at('round-trip', connections, `${connections} connection${connections === 1 ? '' : 's'}`, false),
    ),
    ...common,
  },
  {
    name: 'l4-bulk',
    title: 'Megabytes through tcp_proxy for each second of CPU',
    description: 'as many bytes as go on 4 connections, one way at a time, through plain TCP',
    headline: 'megabytesPerCpuSecond',
    cases: [at('down', 4, 'down', true), at('up', 4, 'up', true)],
    ...common,
  },
];
