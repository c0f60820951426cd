// Owns which functions expressions have: those that Envoy gives to all, and those that cel_config
// (envoy.config.core.v3.CelExpressionConfig) switches on.
import type { CelEnv, CelFunc } from '@bufbuild/cel';
import { loadedLibrary } from './library.ts';

export interface CelFunctions {
  /** string(x). */
  readonly stringConversion: boolean;
  /** `+` of strings and of bytes. */
  readonly stringConcat: boolean;
  /** The extension for strings: replace, split, lowerAscii … */
  readonly stringFunctions: boolean;
}

export const standardFunctions: CelFunctions = {
  stringConversion: false,
  stringConcat: false,
  stringFunctions: false,
};

const environments = new Map<string, CelEnv>();

/** There are eight, made when first asked for. */
export function environmentOf(functions: CelFunctions): CelEnv {
  const key = `${functions.stringConversion}${functions.stringConcat}${functions.stringFunctions}`;
  let environment = environments.get(key);
  if (environment === undefined) {
    environment = loadedLibrary().library.celEnv({ funcs: [...without(functions), ...extensions(functions)] });
    environments.set(key, environment);
  }
  return environment;
}

/** What the library has and Envoy has not: a call ends as an error of the expression. */
function without({ stringConcat }: CelFunctions): CelFunc[] {
  const { celFunc, CelScalar, listType } = loadedLibrary().library;
  const missing = (): never => {
    throw new Error('no such operation');
  };
  const { STRING, BYTES, DYN } = CelScalar;
  const list = listType(DYN);
  return [
    celFunc('_+_', [list, list], list, missing),
    ...(stringConcat
      ? []
      : [celFunc('_+_', [STRING, STRING], STRING, missing), celFunc('_+_', [BYTES, BYTES], BYTES, missing)]),
  ];
}

function extensions({ stringFunctions }: CelFunctions): CelFunc[] {
  if (!stringFunctions) return [];
  const { library, stringFunctions: strings } = loadedLibrary();
  const { celMethod, CelScalar, listType } = library;
  const { STRING, INT, DYN } = CelScalar;
  return [
    ...strings,
    celMethod('reverse', STRING, [], STRING, function () {
      return [...this].reverse().join('');
    }),
    // The library's leave the rest out, and do not know an empty separator.
    celMethod('split', STRING, [STRING, INT], listType(DYN), function (separator, limit) {
      return split(this, separator, Number(limit));
    }),
    celMethod('replace', STRING, [STRING, STRING], STRING, function (search, replacement) {
      return this.replaceAll(search, () => replacement);
    }),
  ];
}

/** A limit below 0 is none; what is beyond it stays in the last part. */
function split(text: string, separator: string, limit: number): readonly string[] {
  const parts = separator === '' ? [...text] : text.split(separator);
  if (limit < 0 || parts.length <= limit) return parts;
  if (limit === 0) return [];
  return [...parts.slice(0, limit - 1), parts.slice(limit - 1).join(separator)];
}
