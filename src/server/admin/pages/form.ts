// Owns the form of an endpoint: its parameters as fields, sent by GET, or by POST where it changes something.
import type { AdminEndpoint, AdminParameter } from '../endpoint.ts';
import { escapeHtml } from './page.ts';

/** `values`: what the fields hold already. */
export function endpointForm(endpoint: AdminEndpoint, values: URLSearchParams = new URLSearchParams()): string {
  const { path, mutates, parameters } = endpoint;
  const method = mutates ? 'post' : 'get';
  const fields = parameters.map((parameter) => field(parameter, values)).join('\n');
  const label = `${mutates ? 'POST ' : ''}${escapeHtml(path)}`;
  // A link can be copied and opened in a new tab, which a button cannot.
  if (!mutates && parameters.length === 0) return `<a href="${escapeHtml(path.slice(1))}">${label}</a>`;
  return `<form method="${method}" action="${escapeHtml(path.slice(1))}">
<button type="submit">${label}</button>
${fields}</form>`;
}

function field({ id, kind, help, values }: AdminParameter, given: URLSearchParams): string {
  const name = escapeHtml(id);
  const value = given.get(id);
  const label = `${name}: ${escapeHtml(help)}`;
  if (kind === 'boolean') {
    return `<label><input type="checkbox" name="${name}" value="on"${value === null ? '' : ' checked'}>${label}</label>`;
  }
  if (kind === 'string') {
    return `<label><input type="text" name="${name}" value="${escapeHtml(value ?? '')}">${label}</label>`;
  }
  const options = (values ?? []).map(
    (each) => `<option${each === value ? ' selected' : ''}>${escapeHtml(each)}</option>`,
  );
  return `<label><select name="${name}">${options.join('')}</select>${label}</label>`;
}
