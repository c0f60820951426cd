// Owns reading layered_runtime: whole dotted keys or nested structs; of one key the last layer counts.
import type { Bootstrap } from '../generated/envoy/config/bootstrap/v3/bootstrap_pb.d.ts';
import { isFraction } from './layered-runtime.ts';

/** Of the static layers, by dotted key. */
export function staticRuntimeValues(message: Bootstrap): ReadonlyMap<string, unknown> {
  const values = new Map<string, unknown>();
  for (const layer of message.layeredRuntime?.layers ?? []) {
    if (layer.layerSpecifier.case === 'staticLayer') collect('', layer.layerSpecifier.value, values);
  }
  return values;
}

function collect(prefix: string, value: unknown, into: Map<string, unknown>): void {
  if (typeof value !== 'object' || value === null || isFraction(value)) {
    into.set(prefix, value);
    return;
  }
  for (const [key, inner] of Object.entries(value)) collect(prefix === '' ? key : `${prefix}.${key}`, inner, into);
}
