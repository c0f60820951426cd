// Owns RE2 (re2js), loaded when a configuration first holds an expression: it costs 1.5 MB (DESIGN 3.8).
//
// Loading is asynchronous, and making things from a checked configuration is not: whoever reads a configuration calls
// `loadRe2` when it meets an expression and checks it; whoever uses the expression afterwards asks `loadedRe2`.

import type { RE2JS } from 're2js';
import { toByteString } from './byte-string.ts';
import { errorText } from './error-text.ts';

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

/** What is wrong with a pattern, in words. */
export class RegexError extends Error {
  override readonly name = 'RegexError';
}

/** Compiles a pattern as Envoy's RE2 reads it, over bytes. Throws `RegexError` for what RE2 does not accept. */
export function compileRe2(re2: Re2, pattern: string): RE2JS {
  return compileBytes(re2, patternBytes(pattern));
}

/** The same for what `patternBytes` gave. */
export function compileBytes(re2: Re2, bytes: string): RE2JS {
  try {
    return re2.compile(bytes);
  } catch (error) {
    const reason = errorText(error);
    throw new RegexError(reason.replace(/^error parsing regexp: /, ''));
  }
}

/** The pattern as bytes (Latin-1), and without what RE2 has on Latin-1 and re2js has not. */
export function patternBytes(pattern: string): string {
  return toByteString(pattern).replace(escapes, (sequence, wide: string | undefined) => {
    if (sequence === '\\C') return '(?s:.)';
    if (wide !== undefined && Number.parseInt(wide, 16) > 0xff) {
      throw new RegexError(`invalid escape sequence: ${sequence}: expressions see bytes, none is above \\x{ff}`);
    }
    return sequence;
  });
}
/** Quoted text and pairs of a backslash and what follows, so that a `\\\\C` is not taken for a `\\C`. */
const escapes = /\\Q.*?(?:\\E|$)|\\x\{([0-9A-Fa-f]+)\}|\\./gs;
