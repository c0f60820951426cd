// Owns /stats?format=html: the form, and the statistics below it in their text form.
import type { AdminEndpoint } from '../endpoint.ts';
import { endpointForm } from './form.ts';
import { escapeHtml, frame } from './page.ts';

/** `parts`: /stats as text. */
export async function* statsPage(
  endpoint: AdminEndpoint,
  query: URLSearchParams,
  parts: AsyncIterable<string>,
): AsyncGenerator<string> {
  const { head, tail } = frame('Remora statistics');
  const refresh = query.get('format') === 'active-html' ? '<meta http-equiv="refresh" content="5">\n' : '';
  yield `${head}${refresh}<p><a href=".">all endpoints</a></p>\n${endpointForm(endpoint, query)}\n<pre>`;
  for await (const part of parts) yield escapeHtml(part);
  yield `</pre>${tail}`;
}
