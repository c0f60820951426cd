// Owns `/`: every endpoint with what it does and the form to ask it.
import { sortedEndpoints } from '../dispatch.ts';
import type { AdminEndpoint } from '../endpoint.ts';
import { endpointForm } from './form.ts';
import { escapeHtml, frame } from './page.ts';

export function indexPage(endpoints: readonly AdminEndpoint[]): string {
  const { head, tail } = frame('Remora admin');
  const rows = sortedEndpoints(endpoints)
    .filter(({ path }) => path !== '/')
    .map((endpoint) => `<section><p>${escapeHtml(endpoint.help)}</p><div>${endpointForm(endpoint)}</div></section>\n`);
  return `${head}${rows.join('')}${tail}`;
}
