// /runtime and /runtime_modify: the layers of layered_runtime, and the operator's own.
import { fromByteString } from '../../../base/byte-string.ts';
import { percentDecode } from '../../../base/percent.ts';
import type { Server } from '../../compose.ts';
import { type AdminEndpoint, type AdminRequest, type AdminResponse, action, json, text, view } from '../endpoint.ts';

const usage = `usage: /runtime_modify?key1=value1&key2=value2&keyN=valueN
       or send the parameters as form values
use an empty value to remove a previously added override`;

export function runtimeEndpoints(server: Server): AdminEndpoint[] {
  return [
    view('/runtime', 'runtime values, layer by layer', async () => {
      const { runtimeJson } = await import('../runtime-view.ts');
      return json(runtimeJson(server.runtime.layers));
    }),
    action('/runtime_modify', 'set runtime values, where an admin_layer is configured', (_query, request) =>
      modify(server, request),
    ),
  ];
}

async function modify({ runtime }: Server, request: AdminRequest): Promise<AdminResponse> {
  const values = valuesOf(request);
  if (values.size === 0) return text(usage, 400);
  if (!runtime.hasAdminLayer) return text('No admin layer specified', 503);
  const problem = await runtime.setInAdminLayer(values);
  return problem === null ? text('OK\n') : text(problem, 503);
}

/** A plus sign stays one, unlike in a form of the web, and of two equal keys the first counts: as in Envoy. */
function valuesOf({ target, contentType, body }: AdminRequest): Map<string, string> {
  const question = target.indexOf('?');
  const inAddress = question < 0 ? '' : target.slice(question + 1);
  const isForm = contentType === 'application/x-www-form-urlencoded';
  const query = inAddress === '' && isForm ? body.toString('latin1') : inAddress;
  const values = new Map<string, string>();
  for (const pair of query.split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const key = decoded(equals < 0 ? pair : pair.slice(0, equals));
    if (!values.has(key)) values.set(key, equals < 0 ? '' : decoded(pair.slice(equals + 1)));
  }
  return values;
}

/** Byte by byte: what is no escape stays as it stands. */
function decoded(text: string): string {
  return fromByteString(percentDecode(text));
}
