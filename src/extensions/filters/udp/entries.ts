// Owns the manifest's lines for filters of UDP listeners, for what their matcher trees name, and for writers of datagrams.
import type { ExtensionEntry } from '../../../config/extension-registry.ts';

const facing = { status: 'alpha', securityPosture: 'robust_to_untrusted_downstream' } as const;
const types = 'envoy.extensions.filters.udp.udp_proxy.v3';

const writers = 'envoy.extensions.udp_packet_writer.v3';

/** Known by name, with nothing to load. */
function builtIn(category: string, name: string, typeName: string): ExtensionEntry {
  return { ...facing, category, name, typeNames: [typeName], load: () => Promise.resolve({ factory: null }) };
}

export const udpFilters: readonly ExtensionEntry[] = [
  {
    ...facing,
    category: 'envoy.filters.udp_listener',
    name: 'envoy.filters.udp_listener.udp_proxy',
    typeNames: [`${types}.UdpProxyConfig`],
    load: () => import('./udp-proxy/config.ts'),
  },
  builtIn('envoy.matching.action', 'route', `${types}.Route`),
  builtIn('envoy.udp_packet_writer', 'envoy.udp_packet_writer.default', `${writers}.UdpDefaultWriterFactory`),
  builtIn('envoy.udp_packet_writer', 'envoy.udp_packet_writer.gso', `${writers}.UdpGsoBatchWriterFactory`),
];
