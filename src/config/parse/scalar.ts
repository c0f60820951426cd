/** Owns the reading of scalar values as protobuf's JSON parser in Envoy reads them: numbers may be texts, texts may not be numbers. */
import { ScalarType } from '@bufbuild/protobuf';
import { base64Decode } from '@bufbuild/protobuf/wire';
import type { DiagnosticCode } from '../diagnostics/catalogue.ts';
import { describeValue, type SourceValue } from '../source/value.ts';

export type ScalarValue = string | number | boolean | bigint | Uint8Array;

export type ScalarResult =
  | { readonly ok: true; readonly value: ScalarValue }
  | { readonly ok: false; readonly code: DiagnosticCode; readonly problem: string; readonly suggestion?: string };

const ranges: Partial<Record<ScalarType, readonly [bigint, bigint]>> = {
  [ScalarType.INT32]: [-(2n ** 31n), 2n ** 31n - 1n],
  [ScalarType.SINT32]: [-(2n ** 31n), 2n ** 31n - 1n],
  [ScalarType.SFIXED32]: [-(2n ** 31n), 2n ** 31n - 1n],
  [ScalarType.UINT32]: [0n, 2n ** 32n - 1n],
  [ScalarType.FIXED32]: [0n, 2n ** 32n - 1n],
  [ScalarType.INT64]: [-(2n ** 63n), 2n ** 63n - 1n],
  [ScalarType.SINT64]: [-(2n ** 63n), 2n ** 63n - 1n],
  [ScalarType.SFIXED64]: [-(2n ** 63n), 2n ** 63n - 1n],
  [ScalarType.UINT64]: [0n, 2n ** 64n - 1n],
  [ScalarType.FIXED64]: [0n, 2n ** 64n - 1n],
};

export function readScalar(type: ScalarType, value: SourceValue): ScalarResult {
  switch (type) {
    case ScalarType.STRING:
      return typeof value === 'string' ? { ok: true, value } : wrong('a text', value, quoteHint(value));
    case ScalarType.BOOL:
      if (typeof value === 'boolean') return { ok: true, value };
      if (value === 'true' || value === 'false') return { ok: true, value: value === 'true' };
      return wrong('true or false', value);
    case ScalarType.BYTES:
      return readBytes(value);
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return readFloat(type, value);
    default:
      return readInteger(type, value);
  }
}

function wrong(wanted: string, value: SourceValue, suggestion?: string): ScalarResult {
  const problem = `must be ${wanted}, not ${describeValue(value)}`;
  return { ok: false, code: 'RMR0103', problem, ...(suggestion === undefined ? {} : { suggestion }) };
}

function quoteHint(value: SourceValue): string | undefined {
  if (typeof value === 'boolean') return 'quote it: YAML 1.1 reads y, yes, on, n, no and off as booleans';
  return typeof value === 'number' ? `quote it: "${value}"` : undefined;
}

/** Standard and URL-safe alphabet, with or without padding. */
function readBytes(value: SourceValue): ScalarResult {
  if (typeof value !== 'string') return wrong('a text in base64', value);
  if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(value) || value.replace(/=+$/, '').length % 4 === 1) {
    return { ok: false, code: 'RMR0108', problem: 'must be base64' };
  }
  return { ok: true, value: base64Decode(value) };
}

const floatPattern = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

function readFloat(type: ScalarType, value: SourceValue): ScalarResult {
  let number: number;
  if (typeof value === 'number') number = value;
  else if (value === 'NaN' || value === 'Infinity' || value === '-Infinity') return { ok: true, value: Number(value) };
  else if (typeof value === 'string' && floatPattern.test(value)) number = Number(value);
  else return wrong('a number', value);
  const limit = type === ScalarType.FLOAT ? 3.4028234663852886e38 : Number.MAX_VALUE;
  if (Math.abs(number) > limit) return { ok: false, code: 'RMR0107', problem: `${value} is too large a number` };
  return { ok: true, value: number };
}

function readInteger(type: ScalarType, value: SourceValue): ScalarResult {
  const range = ranges[type];
  if (range === undefined) throw new Error(`no scalar type ${type}`);
  const integer = toInteger(value);
  if (integer === undefined) return wrong('an integer', value);
  if (integer === 'fraction') {
    return { ok: false, code: 'RMR0107', problem: `must be an integer, not ${String(value)}` };
  }
  if (integer < range[0] || integer > range[1]) {
    return {
      ok: false,
      code: 'RMR0107',
      problem: `must lie between ${range[0]} and ${range[1]}, and ${integer} does not`,
    };
  }
  return { ok: true, value: range[1] > 2n ** 32n ? integer : Number(integer) };
}

function toInteger(value: SourceValue): bigint | 'fraction' | undefined {
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : 'fraction';
  if (typeof value !== 'string') return undefined;
  if (/^-?\d+$/.test(value)) return BigInt(value);
  if (/^0[xX][0-9a-fA-F]+$/.test(value)) return BigInt(value);
  if (!floatPattern.test(value)) return undefined;
  const number = Number(value);
  return Number.isInteger(number) ? BigInt(number) : 'fraction';
}
