// Owns the answer to "would this start?": the road of main.ts up to the point where something would begin to run.
import { ConfigContext, type ConfigSource, type Diagnostic, loadBootstrap } from '../config/api.ts';
import type { ExtensionEntry } from '../config/extension-registry.ts';
import { readBootstrapConfig } from './bootstrap-config.ts';
import { Server } from './compose.ts';
import { Lifecycle } from './lifecycle.ts';
import type { ServerOptions } from './options.ts';
import { prepareResources } from './resources.ts';

/** Everything to be said of a configuration. Binds no port, connects to nothing. */
export async function checkConfiguration(
  sources: readonly ConfigSource[],
  options: ServerOptions,
  entries: readonly ExtensionEntry[],
): Promise<readonly Diagnostic[]> {
  const knownExtensions = new Set(entries.flatMap((entry) => entry.typeNames));
  const { message, diagnostics } = await loadBootstrap(sources, {
    knownExtensions,
    unknownFields: options.allowUnknownStaticFields ? 'warn' : 'refuse',
    skipDeprecated: options.skipDeprecatedLogs,
  });
  if (message === undefined) return diagnostics;
  const context = new ConfigContext({ knownExtensions });
  const bootstrap = await readBootstrapConfig(message, options, context);
  const found = [...diagnostics, ...(await context.takeDiagnostics())];
  if (context.failed) return found;
  const lifecycle = new Lifecycle();
  const server = new Server(options, bootstrap, entries, lifecycle);
  try {
    const prepared = await prepareResources(
      bootstrap.clusters,
      bootstrap.listeners,
      server.managers,
      new ConfigContext({ knownExtensions }),
    );
    return [...found, ...prepared.diagnostics];
  } finally {
    lifecycle.release();
    await server.shutdown();
  }
}
