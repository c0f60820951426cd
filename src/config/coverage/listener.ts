/** Owns the coverage of envoy.config.listener.v3. */
import type { PackageCoverage } from './coverage.ts';

const foundByType = 'extensions are found by the type of their configuration, as in Envoy';

export const listener: PackageCoverage = {
  'envoy.config.listener.v3.Listener': {
    implemented: [
      'name',
      'address',
      'additional_addresses',
      'stat_prefix',
      'filter_chains',
      'default_filter_chain',
      'filter_chain_matcher',
      'per_connection_buffer_limit_bytes',
      'drain_type',
      'traffic_direction',
      'enable_reuse_port',
      'ignore_global_conn_limit',
      'reuse_port',
      'access_log',
      'tcp_backlog_size',
      'tcp_keepalive',
      'bind_to_port',
      'transparent',
      'socket_options',
      'tcp_fast_open_queue_length',
      'metadata',
      'use_original_dst',
      'listener_filters',
      'listener_filters_timeout',
      'continue_on_listener_filters_timeout',
      'udp_listener_config',
    ],
    harmless: {
      max_connections_to_accept_per_socket_event: 'libuv accepts what waits, in turns of its own',
      enable_mptcp: 'the kernel decides',
      freebind:
        'an address that is not there when the listener starts is reported as such: Node binds without IP_FREEBIND',
      bypass_overload_manager: 'there are no overload actions yet',
      connection_balance_config: 'one event loop takes all connections',
    },
    refused: {
      internal_listener: 'internal listeners are not implemented yet',
      api_listener: 'listeners inside of another program are not implemented',
      fcds_config: 'filter chains by discovery are not implemented',
    },
  },
  'envoy.config.listener.v3.UdpListenerConfig': {
    implemented: ['downstream_socket_config'],
    harmless: {
      udp_packet_packet_writer_config:
        'datagrams are written one by one: how they are gathered changes nothing that is sent',
    },
    refused: { quic_options: 'QUIC and HTTP/3 are not implemented yet' },
  },
  'envoy.config.core.v3.UdpSocketConfig': { implemented: ['max_rx_datagram_size', 'prefer_gro'] },
  'envoy.config.listener.v3.AdditionalAddress': {
    implemented: ['address', 'socket_options', 'tcp_keepalive'],
  },
  'envoy.config.listener.v3.FilterChain': {
    implemented: [
      'filter_chain_match',
      'filters',
      'name',
      'transport_socket',
      'transport_socket_connect_timeout',
      'metadata',
      'use_proxy_proto',
    ],
  },
  'envoy.config.listener.v3.FilterChainMatch': {
    implemented: [
      'destination_port',
      'prefix_ranges',
      'direct_source_prefix_ranges',
      'source_type',
      'source_prefix_ranges',
      'source_ports',
      'server_names',
      'transport_protocol',
      'application_protocols',
    ],
  },
  'envoy.config.listener.v3.Filter': {
    implemented: ['typed_config'],
    harmless: { name: foundByType },
    refused: { config_discovery: 'filters by discovery (ECDS) are not implemented yet: issue 7' },
  },
  'envoy.config.listener.v3.ListenerFilter': {
    implemented: ['typed_config', 'filter_disabled'],
    harmless: { name: foundByType },
    refused: { config_discovery: 'filters by discovery (ECDS) are not implemented yet: issue 7' },
  },
  'envoy.config.listener.v3.ListenerFilterChainMatchPredicate': {
    implemented: ['or_match', 'and_match', 'not_match', 'any_match', 'destination_port_range'],
  },
  'envoy.config.listener.v3.ListenerFilterChainMatchPredicate.MatchSet': { implemented: ['rules'] },
  'envoy.config.core.v3.SocketOptionsOverride': { implemented: ['socket_options'] },
  'envoy.config.core.v3.SocketOption': {
    implemented: ['level', 'name', 'int_value', 'buf_value', 'type', 'ip_version'],
    harmless: { description: 'for people', state: 'every option is set once the socket listens, before it accepts' },
  },
  'envoy.config.core.v3.SocketOption.SocketType': {
    implemented: ['stream', 'datagram'],
  },
};
