// Owns the numbers of the runtime's static layers: whole dotted keys or nested structs; of one key the last layer counts.
import type { Bootstrap } from '../generated/envoy/config/bootstrap/v3/bootstrap_pb.d.ts';

/** By dotted key. */
export function staticRuntimeNumbers(message: Bootstrap): ReadonlyMap<string, number> {
  const numbers = new Map<string, number>();
  const visit = (prefix: string, value: unknown): void => {
    if (typeof value === 'object' && value !== null) {
      for (const [key, inner] of Object.entries(value)) visit(prefix === '' ? key : `${prefix}.${key}`, inner);
      return;
    }
    const number = Number(value);
    if (Number.isFinite(number)) numbers.set(prefix, number);
  };
  for (const layer of message.layeredRuntime?.layers ?? []) {
    if (layer.layerSpecifier.case === 'staticLayer') visit('', layer.layerSpecifier.value);
  }
  return numbers;
}
