// Owns what headers say of transforming a body.
import { type HeaderMap, Names } from '../../../http/headers/api.ts';

/** cache-control: no-transform. */
export function forbidsTransform(headers: HeaderMap): boolean {
  const control = headers.getJoined(Names.cacheControl);
  if (control === undefined || control.length < 12) return false;
  return control.split(',').some((directive) => directive.trim().toLowerCase() === 'no-transform');
}
