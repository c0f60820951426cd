/** Owns the plain tree between a text and its message: what YAML and JSON have in common once Envoy's readers are through. */

export type SourceValue = null | boolean | number | string | SourceValue[] | SourceMapping;
export type SourceMapping = { [key: string]: SourceValue };

export function isMapping(value: SourceValue | undefined): value is SourceMapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What a person calls the value in an error message. */
export function describeValue(value: SourceValue): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  if (typeof value === 'string')
    return `the text ${JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value)}`;
  return typeof value === 'boolean' ? `the boolean ${value}` : `the number ${value}`;
}
