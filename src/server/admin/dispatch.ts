// Owns the choice of the endpoint, and what is answered where there is none.
import { logger } from '../../base/logger.ts';
import type { AdminDispatch } from './admin-filter.ts';
import { type AdminEndpoint, text } from './endpoint.ts';

const log = logger('admin');

export function dispatcher(endpoints: readonly AdminEndpoint[]): AdminDispatch {
  const byPath = new Map(endpoints.map((endpoint) => [endpoint.path, endpoint]));
  return async (request) => {
    const question = request.target.indexOf('?');
    const path = question < 0 ? request.target : request.target.slice(0, question);
    const endpoint = byPath.get(path);
    if (endpoint === undefined) return text(`invalid path. admin commands are:\n${helpText(endpoints)}`, 404);
    if (endpoint.mutates && request.method !== 'POST') {
      log.error(`admin path "${path}" mutates state, method=${request.method} rather than POST`);
      return text(`Method ${request.method} not allowed, POST required.`, 405);
    }
    const query = new URLSearchParams(question < 0 ? '' : request.target.slice(question + 1));
    try {
      return await endpoint.handle(query, request);
    } catch (error) {
      log.error(`admin endpoint ${path} failed: ${error instanceof Error ? error.stack : String(error)}`);
      return text('the endpoint failed; the log says why\n', 500);
    }
  };
}

/** The list that /help prints. */
export function helpText(endpoints: readonly AdminEndpoint[]): string {
  const sorted = [...endpoints].sort((a, b) => (a.path < b.path ? -1 : 1));
  let out = '';
  for (const { path, mutates, help, parameters } of sorted) {
    out += `  ${path}${mutates ? ' (POST)' : ''}: ${help}\n`;
    for (const { id, help: words, kind, values } of parameters) {
      out += `      ${id}: ${words}${kind === 'enum' ? `; One of (${(values ?? []).join(', ')})` : ''}\n`;
    }
  }
  return out;
}
