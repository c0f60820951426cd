// Turns the DownstreamTlsContext message into the transport of a filter chain.
import type { Message } from '@bufbuild/protobuf';
import type { ConfigContext } from '../../config/api.ts';
import type { DownstreamTlsContext } from '../../generated/envoy/extensions/transport_sockets/tls/v3/tls_pb.d.ts';
import type { DownstreamTransport } from '../../network/api.ts';
import type { DownstreamTransportContext } from '../api.ts';
import { readCommon } from './common-config.ts';
import { ContextSecrets, withoutSecrets } from './context-secrets-config.ts';
import { DownstreamTls, type DownstreamTlsState, prepareDownstreamTls } from './downstream.ts';
import type { DownstreamTlsSettings } from './settings.ts';
import { tlsStats } from './stats.ts';

/** Undefined after an error was reported to `context.config`. */
export function readDownstreamTls(
  message: Message,
  context: DownstreamTransportContext,
): DownstreamTransport | undefined {
  const tls = message as DownstreamTlsContext;
  const { config, scope, clock } = context;
  const keys = tls.sessionTicketKeysType;
  const ticketKeys = keys.case === 'sessionTicketKeysSdsSecretConfig' ? keys.value : undefined;
  const secrets = ContextSecrets.open(tls.commonTlsContext, ticketKeys, context, scope, 'server');
  if (secrets === undefined) return undefined;
  const transport = new DownstreamTls(() => tlsStats(scope), clock, secrets);
  const apply = (errors: ConfigContext): boolean => {
    const resolved = secrets.resolve(ticketKeys);
    if (resolved === undefined) return false;
    const { common, ticketKeys: value } = resolved;
    const type: DownstreamTlsContext['sessionTicketKeysType'] =
      value === undefined ? keys : { case: 'sessionTicketKeys', value };
    const whole: DownstreamTlsContext = { ...tls, commonTlsContext: common, sessionTicketKeysType: type };
    const state = prepare(tls, whole, { ...context, config: errors });
    if (state === undefined) return false;
    transport.use(state);
    secrets.enter(resolved);
    return true;
  };
  const before = config.errorCount;
  // Without its secrets the rest of it is looked at all the same.
  if (!apply(config) && config.errorCount === before) {
    readSettings({ ...tls, commonTlsContext: withoutSecrets(tls.commonTlsContext) }, context);
  }
  if (config.errorCount > before) {
    transport.destroy();
    return undefined;
  }
  secrets.onChange((errors) => {
    const count = errors.errorCount;
    apply(errors);
    // As in Envoy one that still lacks another secret counts too.
    if (errors.errorCount === count) secrets.stats.contextUpdates.inc();
  });
  return transport;
}

/** `tls`: as it was received, for the place of errors. Undefined after an error was reported. */
function prepare(
  tls: DownstreamTlsContext,
  whole: DownstreamTlsContext,
  context: DownstreamTransportContext,
): DownstreamTlsState | undefined {
  const { config } = context;
  const before = config.errorCount;
  const settings = readSettings(whole, context);
  if (config.errorCount > before) return undefined;
  try {
    return prepareDownstreamTls(settings);
  } catch (error) {
    const text = `OpenSSL does not take these settings: ${(error as Error).message}`;
    config.error(tls, 'common_tls_context', 'RMR0901', text);
    return undefined;
  }
}

/** Errors are reported to `context.config`. */
function readSettings(tls: DownstreamTlsContext, context: DownstreamTransportContext): DownstreamTlsSettings {
  const common = readCommon(tls.commonTlsContext, context, true);
  return { ...common, requireClientCertificate: tls.requireClientCertificate ?? false };
}
