/** Owns the coverage of the filters of UDP listeners. */
import type { PackageCoverage } from './coverage.ts';

const udpProxy = 'envoy.extensions.filters.udp.udp_proxy.v3';

export const filtersUdp: PackageCoverage = {
  [`${udpProxy}.UdpProxyConfig`]: {
    implemented: [
      'stat_prefix',
      'cluster',
      'matcher',
      'idle_timeout',
      'hash_policies',
      'upstream_socket_config',
      'use_per_packet_load_balancing',
      'access_log',
      'proxy_access_log',
      'access_log_options',
    ],
    refused: {
      use_original_src_ip: 'Node binds no UDP socket to an address of another host',
      session_filters: 'no session filter is implemented yet',
      tunneling_config: 'CONNECT-UDP (RFC 9298) is not implemented yet',
    },
  },
  [`${udpProxy}.UdpProxyConfig.HashPolicy`]: { implemented: ['source_ip', 'key'] },
  [`${udpProxy}.UdpProxyConfig.UdpAccessLogOptions`]: {
    implemented: ['access_log_flush_interval'],
    harmless: { flush_access_log_on_tunnel_connected: 'there are no tunnels' },
  },
  [`${udpProxy}.Route`]: { implemented: ['cluster'] },
};
