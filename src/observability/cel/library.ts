// Owns the step from "a configuration with CEL has loaded the library" to its functions.
import { type Cel, loadedCel } from '../../base/cel.ts';

export function loadedLibrary(): Cel {
  const cel = loadedCel();
  // Whoever reads configurations loads it at the first expression (config/semantic/cel.ts).
  if (cel === null) throw new Error('a CEL expression is made before the library is loaded');
  return cel;
}

export function library(): Cel['library'] {
  return loadedLibrary().library;
}
