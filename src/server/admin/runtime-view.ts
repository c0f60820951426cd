// Owns what /runtime shows: for each key its value in each layer, and the one that counts.
import type { LoadedLayer } from '../runtime/layered-runtime.ts';

interface RuntimeJson {
  readonly layers: readonly string[];
  readonly entries: {
    readonly [key: string]: { readonly layer_values: readonly string[]; readonly final_value: string };
  };
}

/** Layers in their order; a later one wins. */
export function runtimeJson(layers: readonly LoadedLayer[]): RuntimeJson {
  const keys = new Set(layers.flatMap(({ entries }) => [...entries.keys()]));
  const shown = [...keys].sort().map((key): [string, RuntimeJson['entries'][string]] => {
    const layerValues = layers.map(({ entries }) => entries.get(key)?.text ?? '');
    return [key, { layer_values: layerValues, final_value: layerValues.findLast((value) => value !== '') ?? '' }];
  });
  return { layers: layers.map(({ name }) => name), entries: Object.fromEntries(shown) };
}
