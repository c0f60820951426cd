// /runtime and /runtime_modify: the layers of layered_runtime that the bootstrap holds.
import type { Server } from '../../compose.ts';
import { type AdminEndpoint, type AdminResponse, action, json, text, view } from '../endpoint.ts';

const usage = `usage: /runtime_modify?key1=value1&key2=value2&keyN=valueN
       or send the parameters as form values
use an empty value to remove a previously added override`;

export function runtimeEndpoints(server: Server): AdminEndpoint[] {
  return [
    view('/runtime', 'runtime values, layer by layer', async () => {
      const { runtimeJson } = await import('../runtime-view.ts');
      return json(runtimeJson(server.bootstrap.message.layeredRuntime));
    }),
    action('/runtime_modify', 'set runtime values, where an admin_layer is configured', (query) =>
      modify(server, query),
    ),
  ];
}

function modify(server: Server, values: URLSearchParams): AdminResponse {
  if (values.size === 0) return text(usage, 400);
  const layers = server.bootstrap.message.layeredRuntime?.layers ?? [];
  if (!layers.some(({ layerSpecifier }) => layerSpecifier.case === 'adminLayer')) {
    return text('No admin layer specified', 503);
  }
  // To say OK would promise an effect: nothing reads the runtime while it runs yet (coverage: layered_runtime).
  return text('runtime values cannot be changed while running yet\n', 501);
}
