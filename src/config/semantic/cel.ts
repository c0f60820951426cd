/**
 * Owns whether a configuration has CEL expressions: in messages made for them, and in format strings wherever they stand.
 * The library is loaded then, before anything is made from the configuration.
 */
import { readFileSync } from 'node:fs';
import type { Message } from '@bufbuild/protobuf';
import { loadCel } from '../../base/cel.ts';
import type { SubstitutionFormatString } from '../../generated/envoy/config/core/v3/substitution_format_string_pb.d.ts';
import type { ConfigContext } from '../context.ts';

/** Messages that hold expressions. */
const holders: ReadonlySet<string> = new Set([
  'cel.expr.CheckedExpr',
  'cel.expr.ParsedExpr',
  'envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter',
  'google.api.expr.v1alpha1.CheckedExpr',
  'google.api.expr.v1alpha1.Expr',
  'google.api.expr.v1alpha1.ParsedExpr',
  'xds.type.v3.CelExpression',
]);

const formatString = 'envoy.config.core.v3.SubstitutionFormatString';

export function noteCelMessage(message: Message, context: ConfigContext): void {
  if (holders.has(message.$typeName)) context.usesCel = true;
  else if (isFormatString(message)) noteOtherSource(message, context);
}

/** `%CEL(` and `%TYPED_CEL(` in a text, or in the values of a Struct. */
export function noteCelText(value: unknown, context: ConfigContext): void {
  if (context.usesCel) return;
  if (typeof value === 'string') context.usesCel = value.includes('CEL(');
  else if (typeof value === 'object' && value !== null && !(value instanceof Uint8Array)) {
    for (const part of Object.values(value)) noteCelText(part, context);
  }
}

/** After `inspect` of all that is to be used, and before anything is made from it. */
export async function loadCelWhereUsed(context: ConfigContext): Promise<void> {
  if (context.usesCel) await loadCel();
}

function isFormatString(message: Message): message is SubstitutionFormatString {
  return message.$typeName === formatString;
}

/** Formats that do not stand in the configuration as text. */
function noteOtherSource({ format }: SubstitutionFormatString, context: ConfigContext): void {
  if (format.case !== 'textFormatSource') return;
  const { specifier } = format.value;
  if (specifier.case === 'inlineBytes') noteCelText(Buffer.from(specifier.value).toString('latin1'), context);
  else if (specifier.case === 'environmentVariable') noteCelText(process.env[specifier.value], context);
  else if (specifier.case === 'filename') {
    try {
      noteCelText(readFileSync(specifier.value, 'latin1'), context);
    } catch {
      // Whoever makes the format says what is wrong with the file.
    }
  }
}
