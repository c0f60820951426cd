// Owns the way from ProxyProtocolUpstreamTransport to the transport socket that writes a PROXY header first.
import type { Message } from '@bufbuild/protobuf';
import type { TlvEntry } from '../../../generated/envoy/config/core/v3/proxy_protocol_pb.d.ts';
import type { ProxyProtocolUpstreamTransport } from '../../../generated/envoy/extensions/transport_sockets/proxy_protocol/v3/upstream_proxy_protocol_pb.d.ts';
import type { ProxyProtocolTlv } from '../../../network/api.ts';
import {
  readTransport,
  type TransportSocketContext,
  type UpstreamTransportFactory,
  upstreamTransportCategory,
} from '../../../tls/api.ts';
import { ProxyProtocolSource } from './transport.ts';

export const factory: UpstreamTransportFactory = {
  create(message: Message, context) {
    const { config, transportSocket } = message as ProxyProtocolUpstreamTransport;
    const inner = readTransport(transportSocket, upstreamTransportCategory, context);
    const values = readValues(config?.addedTlvs ?? [], context);
    if (inner === undefined || values === undefined) return undefined;
    const pass = config?.passThroughTlvs;
    return new ProxyProtocolSource(message, inner, {
      version: config?.version === 1 ? 2 : 1,
      values,
      passes: pass === undefined ? 'none' : pass.matchType === 0 ? 'all' : new Set(pass.tlvType),
    });
  },
};

function readValues(
  entries: readonly TlvEntry[],
  { config }: TransportSocketContext,
): readonly ProxyProtocolTlv[] | undefined {
  const values: ProxyProtocolTlv[] = [];
  for (const entry of entries) {
    if (entry.formatString !== undefined) {
      config.error(entry, 'format_string', 'RMR0304', 'values of a PROXY header from formats are not implemented yet');
      return undefined;
    }
    values.push({ type: entry.type, value: Buffer.from(entry.value) });
  }
  return values;
}
