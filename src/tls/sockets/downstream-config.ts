// Turns the DownstreamTlsContext message into the transport of a filter chain.
import type { Message } from '@bufbuild/protobuf';
import { durationMs } from '../../base/duration.ts';
import { type ConfigContext, readDataSource } from '../../config/api.ts';
import type { TlsSessionTicketKeys } from '../../generated/envoy/extensions/transport_sockets/tls/v3/common_pb.d.ts';
import type { DownstreamTlsContext } from '../../generated/envoy/extensions/transport_sockets/tls/v3/tls_pb.d.ts';
import type { DownstreamTransport } from '../../network/api.ts';
import type { DownstreamTransportContext } from '../api.ts';
import { readCommon, type TlsReadContext } from './common-config.ts';
import { checkContext } from './context-checks-config.ts';
import { ContextSecrets, withoutSecrets } from './context-secrets-config.ts';
import { DownstreamTls, DownstreamTlsState } from './downstream.ts';
import type { CommonTlsSettings, DownstreamTlsSettings } from './settings.ts';
import type { StaplePolicy } from './stapling.ts';
import { tlsStats } from './stats.ts';
import type { ReadStringMatcher } from './validation-config.ts';

type DownstreamReadContext = DownstreamTransportContext & TlsReadContext;

/** Undefined after an error was reported to `context.config`. */
export function readDownstreamTls(
  message: Message,
  given: DownstreamTransportContext,
  readStringMatcher: ReadStringMatcher,
): DownstreamTransport | undefined {
  const context = { ...given, readStringMatcher };
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
  context: DownstreamReadContext,
): DownstreamTlsState | undefined {
  const { config } = context;
  const before = config.errorCount;
  const settings = readSettings(whole, context);
  checkContext(tls, whole.commonTlsContext, settings, 'server', config);
  if (config.errorCount > before) return undefined;
  try {
    return new DownstreamTlsState(settings, context.clock);
  } catch (error) {
    const text = `OpenSSL does not take these settings: ${(error as Error).message}`;
    config.error(tls, 'common_tls_context', 'RMR0800', text);
    return undefined;
  }
}

/** Errors are reported to `context.config`. */
function readSettings(tls: DownstreamTlsContext, context: DownstreamReadContext): DownstreamTlsSettings {
  const { config } = context;
  const common = readCommon(tls.commonTlsContext, context, true);
  const requireClientCertificate = tls.requireClientCertificate ?? false;
  if (requireClientCertificate && common.validation === null) {
    const text = 'without a validation_context no certificate is asked for, as in Envoy: every client is let in';
    config.warning(tls, 'require_client_certificate', 'RMR0802', text, 'add a validation_context with a trusted_ca');
  }
  const keys = tls.sessionTicketKeysType;
  return {
    ...common,
    requireClientCertificate,
    serverNames: context.serverNames,
    staplePolicy: readStaplePolicy(tls, common, config),
    fullScan: tls.fullScanCertsOnSniMismatch ?? false,
    clientCipherOrder: tls.preferClientCiphers,
    tickets: !(keys.case === 'disableStatelessSessionResumption' && keys.value),
    sessionCache: !tls.disableStatefulSessionResumption,
    ticketKeys: keys.case === 'sessionTicketKeys' ? readTicketKeys(keys.value, config) : [],
    sessionTimeout: Math.floor(durationMs(tls.sessionTimeout, 0) / 1000),
  };
}

const staplePolicies: readonly StaplePolicy[] = ['lenient', 'strict', 'must'];

/** Certificates that ask for a response themselves are looked at where they are read. */
function readStaplePolicy(
  tls: DownstreamTlsContext,
  { certificates }: CommonTlsSettings,
  config: ConfigContext,
): StaplePolicy {
  const policy = staplePolicies[tls.ocspStaplePolicy] ?? 'lenient';
  if (policy === 'must' && certificates.some(({ staple }) => staple.response === null)) {
    const text = 'MUST_STAPLE needs an ocsp_staple with every certificate';
    config.error(tls, 'ocsp_staple_policy', 'RMR0801', text);
  }
  return policy;
}

const ticketKeyLength = 80;

function readTicketKeys(message: TlsSessionTicketKeys, config: ConfigContext): Buffer[] {
  return message.keys.flatMap((source) => {
    const key = readDataSource(source, message, 'keys', 'RMR0801', config);
    if (key === undefined || key.length === ticketKeyLength) return key ?? [];
    const text = `a session ticket key has ${ticketKeyLength} bytes, this one has ${key.length}`;
    config.error(message, 'keys', 'RMR0801', text);
    return [];
  });
}
