// Reads what makes a listener one for datagrams: socket_address.protocol UDP, udp_listener_config, and its filters, which are
// listener filters of another category (`envoy.filters.udp_listener`).
import type { ConfigContext } from '../config/api.ts';
import type { Address } from '../generated/envoy/config/core/v3/address_pb.d.ts';
import type { Listener } from '../generated/envoy/config/listener/v3/listener_pb.d.ts';
import {
  type ListenerFilterContext,
  listenerFilterCategory,
  type UdpListenerFilterFactory,
  udpListenerFilterCategory,
} from './api.ts';
import type { UdpListenerConfig } from './config-types.ts';
import { udpDatagramLimit } from './udp-datagram-limit.ts';

const gsoWriter = 'envoy.extensions.udp_packet_writer.v3.UdpGsoBatchWriterFactory';
const defaultWriter = 'envoy.extensions.udp_packet_writer.v3.UdpDefaultWriterFactory';

const wildcardWords =
  'Node does not tell to which address of this host a datagram came: matchers and logs see the wildcard, and answers leave from the address that the kernel chooses; name the address where the host has several';

/** Null for TCP; undefined after errors were reported. */
export function readUdp(message: Listener, context: ListenerFilterContext): UdpListenerConfig | null | undefined {
  const { config } = context;
  if (!isUdp(message)) return null;
  const before = config.errorCount;
  const { downstreamSocketConfig, udpPacketPacketWriterConfig } = message.udpListenerConfig ?? {};
  const writer = udpPacketPacketWriterConfig?.typedConfig && config.unpack(udpPacketPacketWriterConfig.typedConfig);
  if (writer !== undefined && writer.$typeName !== gsoWriter && writer.$typeName !== defaultWriter) {
    const words = `${writer.$typeName} is no writer of datagrams`;
    config.error(message.udpListenerConfig ?? message, 'udp_packet_packet_writer_config', 'RMR0304', words);
  }
  if (message.transparent === true) {
    const words = 'a UDP listener cannot be transparent: Node does not tell where a datagram was meant to go';
    config.error(message, 'transparent', 'RMR0304', words);
  }
  for (const address of [message.address, ...message.additionalAddresses.map((one) => one.address)]) {
    if (address !== undefined && isWildcard(address)) config.warning(address, '', 'RMR0506', wildcardWords);
  }
  const filters = readFilters(message, context);
  if (config.errorCount > before) {
    for (const filter of filters) filter.destroy?.();
    return undefined;
  }
  return { filters, maxDatagram: udpDatagramLimit(downstreamSocketConfig, false) };
}

function isWildcard({ address }: Address): boolean {
  return address.case === 'socketAddress' && (address.value.address === '0.0.0.0' || address.value.address === '::');
}

/** Reports addresses of the other protocol. */
export function checkProtocols(message: Listener, config: ConfigContext): void {
  const udp = isUdp(message);
  for (const { address } of message.additionalAddresses) {
    if (address === undefined) continue;
    if (isDatagram(address) === udp) continue;
    config.error(address, '', 'RMR0500', 'all addresses of a listener are of one protocol, TCP or UDP');
  }
}

export function isUdp({ address }: Listener): boolean {
  return address !== undefined && isDatagram(address);
}

function isDatagram({ address }: Address): boolean {
  return address.case === 'socketAddress' && address.value.protocol === 1;
}

function readFilters(message: Listener, context: ListenerFilterContext): UdpListenerFilterFactory[] {
  const { config, services } = context;
  const factories: UdpListenerFilterFactory[] = [];
  for (const filter of message.listenerFilters) {
    if (filter.configType.case !== 'typedConfig') {
      const text = `the listener filter '${filter.name}' has no typed_config`;
      if (filter.configType.case === undefined) config.error(filter, '', 'RMR0400', text);
      continue;
    }
    const typed = config.unpack(filter.configType.value);
    if (typed === undefined) continue;
    const factory = services.extensions.get(udpListenerFilterCategory, typed.$typeName);
    if (factory === undefined) {
      const isOther = services.extensions.get(listenerFilterCategory, typed.$typeName) !== undefined;
      const text = isOther
        ? `${typed.$typeName} looks at connections: a UDP listener has none`
        : `the UDP listener filter extension ${typed.$typeName} is not implemented yet`;
      config.error(filter, 'typed_config', 'RMR0304', text);
      continue;
    }
    const made = factory.create(typed, context);
    if (made !== undefined) factories.push(made);
  }
  return factories;
}
