// Turns the UpstreamTlsContext message into the transport of a cluster.
import type { Message } from '@bufbuild/protobuf';
import type { UpstreamTlsContext } from '../../generated/envoy/extensions/transport_sockets/tls/v3/tls_pb.d.ts';
import type { UpstreamTransportSource } from '../../network/api.ts';
import type { TransportSocketContext } from '../api.ts';
import { readCommon } from './common-config.ts';
import { UpstreamTlsSource } from './upstream.ts';

/** Undefined after an error was reported to `context.config`. */
export function readUpstreamTls(
  message: Message,
  context: TransportSocketContext,
): UpstreamTransportSource | undefined {
  const tls = message as UpstreamTlsContext;
  const { config } = context;
  const before = config.errorCount;
  const common = readCommon(tls.commonTlsContext, context, false);
  if (config.errorCount > before) return undefined;
  const settings = {
    ...common,
    serverName: tls.sni,
    autoHostServerName: tls.autoHostSni,
    maxSessionKeys: tls.maxSessionKeys ?? 1,
  };
  try {
    return new UpstreamTlsSource(tls, settings, context.clock);
  } catch (error) {
    config.error(
      tls,
      'common_tls_context',
      'RMR0901',
      `OpenSSL does not take these settings: ${(error as Error).message}`,
    );
    return undefined;
  }
}
