// Reads a TLS context as a listener or a cluster would, and tells what is said of it.
import type { Message } from '@bufbuild/protobuf';
import { ConfigContext, loadMessage } from '../../src/config/api.ts';
import { ExtensionRegistry } from '../../src/config/extension-registry.ts';
import { readStringMatcher } from '../../src/matchers/api.ts';
import type { DownstreamTransport, UpstreamTransportSource } from '../../src/network/api.ts';
import { StatsStore } from '../../src/observability/stats/store.ts';
import { SecretManager } from '../../src/tls/secrets/manager.ts';
import { readDownstreamTls, readUpstreamTls } from '../../src/tls/sockets/api.ts';
import { FakeClock } from './fake-clock.ts';
import { FakeTimers } from './fake-timers.ts';
import { noFiles } from './log-files.ts';

const messages = {
  downstream: 'envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext',
  upstream: 'envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext',
} as const;

export interface ReadTls {
  readonly transport: DownstreamTransport | UpstreamTransportSource | undefined;
  /** `PATH: TEXT` of each. */
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
}

/** `yaml`: the context's fields. */
export async function readTlsContext(side: 'downstream' | 'upstream', yaml: string): Promise<ReadTls> {
  const source = { name: 'tls.yaml', format: 'yaml', text: yaml } as const;
  const { message, diagnostics: first } = await loadMessage<Message>(messages[side], source, { skipCoverage: true });
  if (message === undefined) throw new Error(`it does not load: ${JSON.stringify(first)}`);
  const config = new ConfigContext();
  const clock = new FakeClock();
  const context = {
    ...{ config, clock, extensions: new ExtensionRegistry([]), secrets: new SecretManager(null) },
    ...{ timers: new FakeTimers(clock), logFiles: noFiles, scope: new StatsStore(), serverNames: [] },
  };
  const transport = (side === 'downstream' ? readDownstreamTls : readUpstreamTls)(message, context, readStringMatcher);
  const said = await config.takeDiagnostics();
  const of = (severity: string): string[] =>
    said.filter((one) => one.severity === severity).map((one) => `${one.path}: ${one.message}`);
  return { transport, errors: of('error'), warnings: of('warning') };
}
