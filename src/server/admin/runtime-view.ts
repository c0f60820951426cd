// Owns what /runtime shows: for each key its value in each layer, and the one that counts.
import type { BootstrapMessage } from '../bootstrap-config.ts';

type LayeredRuntime = NonNullable<BootstrapMessage['layeredRuntime']>;

type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };

interface RuntimeJson {
  readonly layers: readonly string[];
  readonly entries: {
    readonly [key: string]: { readonly layer_values: readonly string[]; readonly final_value: string };
  };
}

/** Layers in their order; a later one wins. Admin, disk and RTDS layers are there by name and hold nothing. */
export function runtimeJson(runtime: LayeredRuntime | undefined): RuntimeJson {
  const layers = runtime?.layers ?? [];
  const byLayer = layers.map(({ layerSpecifier }) => {
    const values = new Map<string, string>();
    if (layerSpecifier.case === 'staticLayer') flatten('', layerSpecifier.value as JsonValue, values);
    return values;
  });
  const keys = new Set(byLayer.flatMap((values) => [...values.keys()]));
  const entries = Object.fromEntries(
    [...keys].sort().map((key) => {
      const layerValues = byLayer.map((values) => values.get(key) ?? '');
      return [key, { layer_values: layerValues, final_value: layerValues.findLast((value) => value !== '') ?? '' }];
    }),
  );
  return { layers: layers.map(({ name }) => name), entries };
}

/** Nested structs become dotted keys; a struct with a numerator is a fraction, and one value, as in Envoy. */
export function flatten(prefix: string, value: JsonValue, into: Map<string, string>): void {
  if (typeof value !== 'object' || value === null || isFraction(value)) {
    into.set(prefix, typeof value === 'object' ? JSON.stringify(value) : String(value));
    return;
  }
  for (const [key, inner] of Object.entries(value)) flatten(prefix === '' ? key : `${prefix}.${key}`, inner, into);
}

function isFraction(value: object): boolean {
  return 'numerator' in value || 'denominator' in value;
}
