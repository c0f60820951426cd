// Owns giving memory back. V8 keeps the pages that reading a configuration has filled for as long as nothing presses it:
// a collection of last resort returns them. Measured after the start with examples/demo.yaml: 34.7 → 24.4 MB anonymous
// in 31 ms; later ones take 17 ms.

/**
 * Collects everything and shrinks the heap, once; blocks for tens of milliseconds. For moments when nothing waits: after
 * the start, after a reload. Needs Node's --expose-gc (bin/launch.sh gives it); without it does nothing and says false.
 */
export function collectGarbage(): boolean {
  if (globalThis.gc === undefined) return false;
  globalThis.gc({ type: 'major', execution: 'sync', flavor: 'last-resort' });
  return true;
}
