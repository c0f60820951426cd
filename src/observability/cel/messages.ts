// Owns the messages of the API among the attributes: read like maps, printed as protobuf prints them.

import type { CelInput } from '@bufbuild/cel';
import { cEscape } from '../../base/c-escape.ts';
import type { LocalityNames, MetadataMap } from '../stream-info.ts';
import { LazyMap } from './lazy-map.ts';

/** envoy.config.core.v3.Metadata. */
export function metadataMessage(metadata: MetadataMap): CelInput {
  const read = (key: string): CelInput | undefined => {
    if (key === 'filter_metadata') return metadata as Readonly<Record<string, CelInput>>;
    return key === 'typed_filter_metadata' ? {} : undefined;
  };
  return new LazyMap(read, {
    message: {
      text: () => entries(metadata, 'filter_metadata', structText),
      json: () => (Object.keys(metadata).length === 0 ? {} : { filter_metadata: metadata }),
    },
  }).asCel();
}

/** envoy.config.core.v3.Locality. */
export function localityMessage({ region, zone, subZone }: LocalityNames): CelInput {
  const fields: Readonly<Record<string, string>> = { region, zone, sub_zone: subZone };
  const set = Object.entries(fields).filter(([, value]) => value !== '');
  return new LazyMap((key) => (Object.hasOwn(fields, key) ? fields[key] : undefined), {
    message: {
      text: () => set.map(([name, value]) => `${name}: ${quoted(value)} `).join(''),
      json: () => Object.fromEntries(set),
    },
  }).asCel();
}

/** A map field, with keys in order: each entry is a message of its own. */
function entries(map: Readonly<Record<string, unknown>>, field: string, value: (value: unknown) => string): string {
  return Object.keys(map)
    .sort()
    .map((key) => `${field} { key: ${quoted(key)} value { ${value(map[key])}} } `)
    .join('');
}

const structText = (struct: unknown): string =>
  entries(struct as Readonly<Record<string, unknown>>, 'fields', valueText);

/** google.protobuf.Value. */
function valueText(value: unknown): string {
  if (value === null || value === undefined) return 'null_value: NULL_VALUE ';
  switch (typeof value) {
    case 'string':
      return `string_value: ${quoted(value)} `;
    case 'number':
      return `number_value: ${value} `;
    case 'boolean':
      return `bool_value: ${value} `;
    default:
      if (!Array.isArray(value)) return `struct_value { ${structText(value)}} `;
      return `list_value { ${value.map((item) => `values { ${valueText(item)}} `).join('')}} `;
  }
}

function quoted(text: string): string {
  return `"${cEscape(text)}"`;
}
