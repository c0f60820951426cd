// Owns what a request cannot be sent without. Filters may have removed it (header_mutation takes `:path`, as Envoy's does).
import type { RequestHeaders } from '../http/headers/header-map.ts';

/** Name of what is missing, the first in Envoy's order; '' where all is there. */
export function missingRequired(headers: RequestHeaders): string {
  if (headers.method === '') return ':method';
  if (headers.method === 'CONNECT') return headers.authority === '' ? ':authority' : '';
  return headers.path === '' ? ':path' : '';
}

/** Status, body and details are Envoy's contract. */
export function unsendable(name: string): { status: number; body: string; details: string; cause: string } {
  const body = `missing required header: ${name}`;
  return {
    status: 503,
    body,
    details: `filter_removed_required_request_headers{${body.replaceAll(' ', '_')}}`,
    cause: `a filter or header rule has removed ${name}, without which a request cannot be sent`,
  };
}
