// Owns /init_dump: what is not ready yet, in the shape of envoy.admin.v3.UnreadyTargetsDumps.
import type { Server } from '../compose.ts';

interface Dump {
  readonly name: string;
  readonly target_names: readonly string[];
}

/** `mask`: `listener` or `cluster`; empty for both. */
export function initDump(server: Server, mask: string): { readonly unready_targets_dumps?: readonly Dump[] } {
  const dumps: Dump[] = [];
  if (mask === '' || mask === 'cluster') {
    const names = server.clusters.warming;
    if (names.length > 0) {
      dumps.push({ name: 'init manager Server', target_names: names.map((name) => `target cluster ${name}`) });
    }
  }
  if (mask === '' || mask === 'listener') {
    for (const name of server.listeners.warming.keys()) {
      dumps.push({
        name: `init manager Listener-local-init-manager ${name}`,
        target_names: [`target routes of listener ${name}`],
      });
    }
  }
  return dumps.length === 0 ? {} : { unready_targets_dumps: dumps };
}
