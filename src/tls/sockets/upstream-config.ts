// Turns the UpstreamTlsContext message into the transport of a cluster.
import type { Message } from '@bufbuild/protobuf';
import { ConfigContext } from '../../config/api.ts';
import type { UpstreamTlsContext } from '../../generated/envoy/extensions/transport_sockets/tls/v3/tls_pb.d.ts';
import type { UpstreamTransportSource } from '../../network/api.ts';
import type { StatsScope } from '../../observability/stats/api.ts';
import type { TransportSocketContext } from '../api.ts';
import { readCommon, type TlsReadContext } from './common-config.ts';
import { checkContext } from './context-checks-config.ts';
import { ContextSecrets, checkSecrets, hasSecrets, withoutSecrets } from './context-secrets-config.ts';
import { type LiveSecrets, liveSecretsStats } from './live-secrets.ts';
import type { UpstreamTlsSettings } from './settings.ts';
import { tlsStats } from './stats.ts';
import { UpstreamTls, UpstreamTlsSource, UpstreamTlsState } from './upstream.ts';
import type { ReadStringMatcher } from './validation-config.ts';

/** Undefined after an error was reported to `context.config`. */
export function readUpstreamTls(
  message: Message,
  given: TransportSocketContext,
  readStringMatcher: ReadStringMatcher,
): UpstreamTransportSource | undefined {
  const context = { ...given, readStringMatcher };
  const tls = message as UpstreamTlsContext;
  const common = tls.commonTlsContext;
  const before = context.config.errorCount;
  checkSecrets(common, context);
  // Without its secrets the rest of it is looked at all the same; without any it is ready.
  let first: UpstreamTlsState | undefined;
  if (hasSecrets(common)) readSettings({ ...tls, commonTlsContext: withoutSecrets(common) }, context);
  else first = prepare(tls, tls, context);
  if (context.config.errorCount > before) return undefined;
  return new UpstreamTlsSource(tls, (scope) => {
    const state = first;
    first = undefined;
    return open(tls, scope, context, state);
  });
}

/** `first`: of a context that was made with the configuration. */
function open(
  tls: UpstreamTlsContext,
  scope: StatsScope,
  context: TlsReadContext,
  first: UpstreamTlsState | undefined,
): UpstreamTls {
  const config = new ConfigContext(context.config.options);
  const secrets = ContextSecrets.open(tls.commonTlsContext, undefined, { ...context, config }, scope, 'client');
  const transport = new UpstreamTls(() => tlsStats(scope), context.clock, secrets ?? nothing(scope));
  // Its names were found when it was read; a file that was removed meanwhile leaves it without.
  if (secrets === undefined) return transport;
  const apply = (errors: ConfigContext, made?: UpstreamTlsState): boolean => {
    const resolved = secrets.resolve(undefined);
    if (resolved === undefined) return false;
    const whole: UpstreamTlsContext = { ...tls, commonTlsContext: resolved.common };
    const state = made ?? prepare(tls, whole, { ...context, config: errors });
    if (state === undefined) return false;
    transport.use(state);
    secrets.enter(resolved);
    return true;
  };
  apply(config, first);
  secrets.onChange((errors) => {
    const count = errors.errorCount;
    apply(errors);
    // As in Envoy one that still lacks another secret counts too.
    if (errors.errorCount === count) secrets.stats.contextUpdates.inc();
  });
  return transport;
}

function nothing(scope: StatsScope): LiveSecrets {
  return { ready: undefined, stats: liveSecretsStats(scope, 'client'), release: () => undefined };
}

/** `tls`: as it was received, for the place of errors. Undefined after an error was reported. */
function prepare(
  tls: UpstreamTlsContext,
  whole: UpstreamTlsContext,
  context: TlsReadContext,
): UpstreamTlsState | undefined {
  const { config } = context;
  const before = config.errorCount;
  const settings = readSettings(whole, context);
  checkContext(tls, whole.commonTlsContext, settings, 'client', config);
  if (config.errorCount > before) return undefined;
  try {
    return new UpstreamTlsState(settings, context.clock);
  } catch (error) {
    const text = `OpenSSL does not take these settings: ${(error as Error).message}`;
    config.error(tls, 'common_tls_context', 'RMR0800', text);
    return undefined;
  }
}

/** Errors are reported to `context.config`. */
function readSettings(tls: UpstreamTlsContext, context: TlsReadContext): UpstreamTlsSettings {
  return {
    ...readCommon(tls.commonTlsContext, context, false),
    serverName: tls.sni,
    autoHostServerName: tls.autoHostSni,
    serverNameInCertificate: tls.autoSniSanValidation,
    maxSessionKeys: tls.maxSessionKeys ?? 1,
  };
}
