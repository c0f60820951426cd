// Owns the way from ProxyProtocolUpstreamTransport to the transport socket that writes a PROXY header first.
import type { Message } from '@bufbuild/protobuf';
import type { ProxyProtocolUpstreamTransport } from '../../../generated/envoy/extensions/transport_sockets/proxy_protocol/v3/upstream_proxy_protocol_pb.d.ts';
import { readTransport, type UpstreamTransportFactory, upstreamTransportCategory } from '../../../tls/api.ts';
import { readProxyValues } from '../../common/proxy-protocol/config.ts';
import { ProxyProtocolSource } from './transport.ts';

export const factory: UpstreamTransportFactory = {
  create(message: Message, context) {
    const { config, transportSocket } = message as ProxyProtocolUpstreamTransport;
    const inner = readTransport(transportSocket, upstreamTransportCategory, context);
    const values = readProxyValues(config?.addedTlvs ?? [], context.config);
    if (inner === undefined || values === undefined) return undefined;
    const pass = config?.passThroughTlvs;
    return new ProxyProtocolSource(message, inner, {
      version: config?.version === 1 ? 2 : 1,
      values,
      clock: context.clock,
      passes: pass === undefined ? 'none' : pass.matchType === 0 ? 'all' : new Set(pass.tlvType),
    });
  },
};
