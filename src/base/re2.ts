// Owns RE2 (re2js), loaded when a configuration first holds an expression: it costs 1.5 MB (DESIGN 3.8).
//
// Loading is asynchronous, and making things from a checked configuration is not: whoever reads a configuration calls
// `loadRe2` when it meets an expression and checks it; whoever uses the expression afterwards asks `loadedRe2`.
import type { RE2JS } from 're2js';

export type Re2 = typeof RE2JS;

let engine: Re2 | null = null;

export async function loadRe2(): Promise<Re2> {
  engine ??= (await import('re2js')).RE2JS;
  return engine;
}

/** Null before `loadRe2` has ended. */
export function loadedRe2(): Re2 | null {
  return engine;
}
