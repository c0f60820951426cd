// Owns the manifest's lines for transport sockets.
import type { ExtensionEntry } from '../../config/extension-registry.ts';

const tls = 'envoy.extensions.transport_sockets.tls.v3';
const facesBoth = { status: 'stable', securityPosture: 'robust_to_untrusted_downstream_and_upstream' } as const;
const downstream = 'envoy.transport_sockets.downstream';
const upstream = 'envoy.transport_sockets.upstream';

function rawBuffer(category: string): ExtensionEntry {
  return {
    name: 'envoy.transport_sockets.raw_buffer',
    category,
    typeNames: ['envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer'],
    ...facesBoth,
    load: () => import('./raw-buffer/config.ts'),
  };
}

export const transportSockets: readonly ExtensionEntry[] = [
  rawBuffer(downstream),
  rawBuffer(upstream),
  {
    name: 'envoy.transport_sockets.upstream_proxy_protocol',
    category: upstream,
    typeNames: ['envoy.extensions.transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport'],
    ...facesBoth,
    load: () => import('./proxy-protocol/config.ts'),
  },
  {
    name: 'envoy.transport_sockets.tls',
    category: downstream,
    typeNames: [`${tls}.DownstreamTlsContext`],
    ...facesBoth,
    load: () => import('./tls-downstream/config.ts'),
  },
  {
    name: 'envoy.transport_sockets.tls',
    category: upstream,
    typeNames: [`${tls}.UpstreamTlsContext`],
    ...facesBoth,
    load: () => import('./tls-upstream/config.ts'),
  },
  {
    name: 'envoy.tls.cert_validator.spiffe',
    category: 'envoy.tls.cert_validator',
    typeNames: [`${tls}.SPIFFECertValidatorConfig`],
    ...facesBoth,
    load: () => import('./spiffe-validator/config.ts'),
  },
];
