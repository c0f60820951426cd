// Owns HPACK's static table (RFC 7541 appendix A): 61 fields that both ends know.
import { type NameInfo, pinnedName } from '../../../headers/name.ts';

const fields: readonly (readonly [name: string, value: string])[] = [
  [':authority', ''],
  [':method', 'GET'],
  [':method', 'POST'],
  [':path', '/'],
  [':path', '/index.html'],
  [':scheme', 'http'],
  [':scheme', 'https'],
  [':status', '200'],
  [':status', '204'],
  [':status', '206'],
  [':status', '304'],
  [':status', '400'],
  [':status', '404'],
  [':status', '500'],
  ['accept-charset', ''],
  ['accept-encoding', 'gzip, deflate'],
  ['accept-language', ''],
  ['accept-ranges', ''],
  ['accept', ''],
  ['access-control-allow-origin', ''],
  ['age', ''],
  ['allow', ''],
  ['authorization', ''],
  ['cache-control', ''],
  ['content-disposition', ''],
  ['content-encoding', ''],
  ['content-language', ''],
  ['content-length', ''],
  ['content-location', ''],
  ['content-range', ''],
  ['content-type', ''],
  ['cookie', ''],
  ['date', ''],
  ['etag', ''],
  ['expect', ''],
  ['expires', ''],
  ['from', ''],
  ['host', ''],
  ['if-match', ''],
  ['if-modified-since', ''],
  ['if-none-match', ''],
  ['if-range', ''],
  ['if-unmodified-since', ''],
  ['last-modified', ''],
  ['link', ''],
  ['location', ''],
  ['max-forwards', ''],
  ['proxy-authenticate', ''],
  ['proxy-authorization', ''],
  ['range', ''],
  ['referer', ''],
  ['refresh', ''],
  ['retry-after', ''],
  ['server', ''],
  ['set-cookie', ''],
  ['strict-transport-security', ''],
  ['transfer-encoding', ''],
  ['user-agent', ''],
  ['vary', ''],
  ['via', ''],
  ['www-authenticate', ''],
];

/** Indices begin at 1. */
export const staticCount = fields.length;

/** By index; slot 0 is not used. */
export const staticNames: readonly NameInfo[] = ['', ...fields.map(([name]) => name)].map((name) => pinnedName(name));
export const staticValues: readonly string[] = ['', ...fields.map(([, value]) => value)];

/** Octets that an entry counts for besides its letters (RFC 7541 section 4.1). */
export const entryOverhead = 32;

/** The first index with that name; 0: none. */
export function staticNameIndex(name: NameInfo): number {
  return nameIndices.get(name) ?? 0;
}

/** The index of the very field; 0: none. */
export function staticFieldIndex(name: NameInfo, value: string): number {
  const first = nameIndices.get(name) ?? 0;
  for (let i = first; i !== 0 && i <= staticCount && staticNames[i] === name; i++) {
    if (staticValues[i] === value) return i;
  }
  return 0;
}

/** Of the entries with the name that `index` is the first of, in their order; none for 0. */
export function staticValuesOf(index: number): readonly string[] {
  return valuesByIndex[index] ?? noValues;
}

const noValues: readonly string[] = [];

const nameIndices = new Map<NameInfo, number>();
for (let i = staticCount; i > 0; i--) nameIndices.set(staticNames[i] as NameInfo, i);

const valuesByIndex: string[][] = [];
for (const index of nameIndices.values()) {
  const values: string[] = [];
  for (let i = index; staticNames[i] === staticNames[index]; i++) values.push(staticValues[i] as string);
  valuesByIndex[index] = values;
}
