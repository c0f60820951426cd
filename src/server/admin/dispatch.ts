// Owns the choice of the endpoint, and what is answered where there is none or where it may not be asked.
import { logger } from '../../base/logger.ts';
import type { AdminDispatch } from './admin-filter.ts';
import { type AdminEndpoint, type AdminRequest, text } from './endpoint.ts';
import { nextTurn } from './turns.ts';

const log = logger('admin');

/** `admin.allow_paths`: whether a path, with its query as in Envoy, may be asked for. */
export type PathPolicy = (target: string) => boolean;

export const anyPath: PathPolicy = () => true;

export function dispatcher(endpoints: readonly AdminEndpoint[], allowed: PathPolicy = anyPath): AdminDispatch {
  const byPath = new Map(endpoints.map((endpoint) => [endpoint.path, endpoint]));
  return async (request) => {
    const question = request.target.indexOf('?');
    const path = question < 0 ? request.target : request.target.slice(0, question);
    if (!allowed(request.target)) {
      log.info(`the admin path ${request.target} is not among admin.allow_paths`);
      return text(`request to path ${request.target} not allowed`, 403);
    }
    const endpoint = byPath.get(path);
    if (endpoint === undefined) return text(`invalid path. ${helpText(endpoints)}`, 404);
    if (endpoint.mutates && request.method !== 'POST') {
      log.error(`admin path "${path}" mutates state, method=${request.method} rather than POST`);
      return text(`Method ${request.method} not allowed, POST required.`, 405);
    }
    // Readiness never waits for a scrape, nor does what an operator orders.
    if (!endpoint.mutates && path !== '/ready') await nextTurn();
    try {
      return await endpoint.handle(parametersOf(request, question), request);
    } catch (error) {
      log.error(`admin endpoint ${path} failed: ${error instanceof Error ? error.stack : String(error)}`);
      return text('the endpoint failed; the log says why\n', 500);
    }
  };
}

/** From the address, else from the body: the forms of the index page send theirs there. */
function parametersOf({ target, method, contentType, body }: AdminRequest, question: number): URLSearchParams {
  const inAddress = new URLSearchParams(question < 0 ? '' : target.slice(question + 1));
  const isForm = method === 'POST' && contentType === 'application/x-www-form-urlencoded';
  return inAddress.size === 0 && isForm ? new URLSearchParams(body.toString()) : inAddress;
}

/** The list that /help prints. */
export function helpText(endpoints: readonly AdminEndpoint[]): string {
  let out = 'admin commands are:\n';
  for (const { path, mutates, help, parameters } of sortedEndpoints(endpoints)) {
    out += `  ${path}${mutates ? ' (POST)' : ''}: ${help}\n`;
    for (const { id, help: words, kind, values } of parameters) {
      out += `      ${id}: ${words}${kind === 'enum' ? `; One of (${(values ?? []).join(', ')})` : ''}\n`;
    }
  }
  return out;
}

export function sortedEndpoints(endpoints: readonly AdminEndpoint[]): readonly AdminEndpoint[] {
  return [...endpoints].sort((a, b) => (a.path < b.path ? -1 : 1));
}
