// Turns the DownstreamTlsContext message into the transport of a filter chain.
import type { Message } from '@bufbuild/protobuf';
import type { DownstreamTlsContext } from '../../generated/envoy/extensions/transport_sockets/tls/v3/tls_pb.d.ts';
import type { DownstreamTransport } from '../../network/api.ts';
import type { DownstreamTransportContext } from '../api.ts';
import { readCommon } from './common-config.ts';
import { DownstreamTls } from './downstream.ts';
import { tlsStats } from './stats.ts';

/** Undefined after an error was reported to `context.config`. */
export function readDownstreamTls(
  message: Message,
  context: DownstreamTransportContext,
): DownstreamTransport | undefined {
  const tls = message as DownstreamTlsContext;
  const { config } = context;
  const before = config.errorCount;
  const common = readCommon(tls.commonTlsContext, context, true);
  if (config.errorCount > before) return undefined;
  const settings = { ...common, requireClientCertificate: tls.requireClientCertificate ?? false };
  try {
    return new DownstreamTls(settings, tlsStats(context.scope), context.clock);
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
