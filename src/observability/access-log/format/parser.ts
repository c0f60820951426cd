// Owns the syntax of formats: text, `%%`, and `%OPERATOR(PARAMETERS):LENGTH%`.
// https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/access_log/usage#format-strings
import { FormatError } from './error.ts';

export interface OperatorCall {
  readonly kind: 'operator';
  readonly name: string;
  /** Between the parentheses; empty without them. */
  readonly parameters: string;
  /** Bytes the value is cut to; undefined: whole. */
  readonly maxLength: number | undefined;
  readonly position: number;
}

export type Segment = { readonly kind: 'literal'; readonly text: string } | OperatorCall;

// Parameters reach to the first `)` that is followed by a length or the closing `%`: they may hold both signs.
const operator = /%([A-Z0-9_]+)(?:\((.*?)\))?(?::([0-9]+))?%/y;

export function parseFormat(format: string): Segment[] {
  const segments: Segment[] = [];
  let literal = '';
  for (let at = 0; at < format.length; ) {
    const percent = format.indexOf('%', at);
    if (percent === -1) {
      literal += format.slice(at);
      break;
    }
    literal += format.slice(at, percent);
    if (format[percent + 1] === '%') {
      literal += '%';
      at = percent + 2;
      continue;
    }
    operator.lastIndex = percent;
    const match = operator.exec(format);
    if (match === null) throw new FormatError(complaint(format, percent), percent);
    if (literal !== '') segments.push({ kind: 'literal', text: literal });
    literal = '';
    const [whole, name = '', parameters = '', length] = match;
    const maxLength = length === undefined ? undefined : Number(length);
    segments.push({ kind: 'operator', name, parameters, maxLength, position: percent });
    at = percent + whole.length;
  }
  if (literal !== '') segments.push({ kind: 'literal', text: literal });
  return segments;
}

function complaint(format: string, position: number): string {
  const rest = format.slice(position);
  const shown = rest.length > 40 ? `${rest.slice(0, 40)}…` : rest;
  let hint = 'a percent sign is written %%';
  if (/^%[A-Z0-9_]+\([^)]*$/.test(rest)) hint = 'the parenthesis is not closed';
  else if (/^%[A-Z0-9_]+(?:\(.*?\))?(?::\d+)?(?:[^A-Z0-9_%(:].*)?$/s.test(rest)) hint = 'the closing % is missing';
  else if (/^%[A-Za-z0-9_]*[a-z]/.test(rest)) hint = 'operators are written in upper case';
  return `no operator at position ${position} ('${shown}'): ${hint}`;
}
