// Owns the answer to "would this start?": the road of main.ts up to the point where something would begin to run.
import { ConfigContext, type ConfigSource, type Diagnostic, hasErrors, loadBootstrap } from '../config/api.ts';
import type { ExtensionEntry } from '../config/extension-registry.ts';
import { readBootstrapConfig } from './bootstrap-config.ts';
import { Server } from './compose.ts';
import { Lifecycle } from './lifecycle.ts';
import type { ServerOptions } from './options.ts';
import { prepareResources } from './resources.ts';

/** Everything to be said of a configuration. Binds no port, connects to nothing, opens no file for writing. */
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
  const own = await context.takeDiagnostics();
  const found = [...diagnostics, ...own];
  if (hasErrors(own)) return found;
  const lifecycle = new Lifecycle();
  const server = new Server({ ...options, mode: 'validate' }, bootstrap, entries, lifecycle);
  try {
    const prepared = await prepareResources(
      bootstrap.clusters,
      bootstrap.listeners,
      server.managers,
      new ConfigContext({ knownExtensions }),
    );
    // Chains that wait for routes from files have begun to follow them.
    if (!prepared.failed) for (const { chains } of prepared.listeners) for (const chain of chains) chain.remove();
    return [...found, ...prepared.diagnostics];
  } finally {
    lifecycle.release();
    await server.shutdown();
  }
}
