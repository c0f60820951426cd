// Owns what is wrong with an expression before it runs: functions that do not exist, bad regular expressions, attributes
// that are known to Envoy and not here, expressions in parsed form that are incomplete.
import type { CelEnv } from '@bufbuild/cel';
import { unsupported } from './attributes.ts';
import type { ParsedExpression } from './expression.ts';
import type { CelFunctions } from './functions.ts';
import { library } from './library.ts';

type Expr = ParsedExpression;
type Call = Extract<Expr['exprKind'], { case: 'callExpr' }>['value'];

/** The first complaint, in words. */
export function complaints(
  expr: Expr | undefined,
  functions: CelEnv['funcs'],
  enabled: CelFunctions,
): string | undefined {
  if (expr === undefined) return 'a part of the expression is missing';
  const { exprKind: kind } = expr;
  const first = (...parts: readonly (Expr | undefined)[]): string | undefined => {
    for (const part of parts) {
      const found = complaints(part, functions, enabled);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  switch (kind.case) {
    case 'identExpr':
      return kind.value.name === '' ? 'a name in the expression is empty' : undefined;
    case 'constExpr':
      return kind.value.constantKind.case === undefined ? 'a constant in the expression has no value' : undefined;
    case 'selectExpr':
      return unknownHere(kind.value.operand, kind.value.field) ?? first(kind.value.operand);
    case 'callExpr': {
      const { target, args, function: name } = kind.value;
      if (name === '_[_]' && args[0] !== undefined && args[1] !== undefined) {
        const index = stringOf(args[1]);
        const found = index === undefined ? undefined : unknownHere(args[0], index);
        if (found !== undefined) return found;
      }
      const qualified = target === undefined ? undefined : qualifiedName(target);
      const isQualified = qualified !== undefined && functions.find(`${qualified}.${name}`) !== undefined;
      if (isQualified) return first(...args);
      const found = wrongCall(kind.value, functions, enabled);
      return found ?? (target === undefined ? first(...args) : first(target, ...args));
    }
    case 'listExpr':
      return first(...kind.value.elements);
    case 'structExpr':
      return first(
        ...kind.value.entries.flatMap((entry) =>
          entry.keyKind.case === 'mapKey' ? [entry.keyKind.value, entry.value] : [entry.value],
        ),
      );
    case 'comprehensionExpr':
      return 'all, exists, map and filter are switched off, as in Envoy';
    case undefined:
      return 'a part of the expression is empty';
  }
}

function unknownHere(operand: Expr | undefined, field: string): string | undefined {
  const variable = operand?.exprKind.case === 'identExpr' ? operand.exprKind.value.name : '';
  if (!Object.hasOwn(unsupported, variable) || unsupported[variable]?.includes(field) !== true) return undefined;
  return `the attribute ${variable}.${field} is not implemented yet`;
}

function wrongCall(call: Call, functions: CelEnv['funcs'], enabled: CelFunctions): string | undefined {
  const { function: name, args } = call;
  const operands = operators.get(name);
  if (operands !== undefined) {
    // The parser makes one call of `a && b && c`.
    const fits = args.length === operands || (isLogic(name) && args.length > operands);
    return fits ? undefined : `the operator ${name} takes ${operands} operands, not ${args.length}`;
  }
  if (name === 'string' && !enabled.stringConversion) {
    return "there is no function 'string' (cel_config may enable it: enable_string_conversion)";
  }
  if (functions.find(name) === undefined) return `there is no function '${name}'`;
  if (name === 'matches' && isBadRegex(args.at(-1), functions)) return 'the regular expression of matches is not valid';
  return undefined;
}

/** `a.b` of names; undefined for other expressions. */
function qualifiedName({ exprKind: kind }: Expr): string | undefined {
  if (kind.case === 'identExpr') return kind.value.name;
  if (kind.case !== 'selectExpr' || kind.value.operand === undefined) return undefined;
  const operand = qualifiedName(kind.value.operand);
  return operand === undefined ? undefined : `${operand}.${kind.value.field}`;
}

function stringOf(expr: Expr | undefined): string | undefined {
  const constant = expr?.exprKind.case === 'constExpr' ? expr.exprKind.value.constantKind : undefined;
  return constant?.case === 'stringValue' ? constant.value : undefined;
}

/** Of a literal; what is made at run time fails there. */
function isBadRegex(expr: Expr | undefined, functions: CelEnv['funcs']): boolean {
  const pattern = stringOf(expr);
  if (pattern === undefined) return false;
  try {
    return library().isCelError(functions.find('matches')?.call(0, '', [pattern]));
  } catch {
    return true;
  }
}

const isLogic = (name: string): boolean => name === '_&&_' || name === '_||_';

/** What the planner does itself or takes for granted, and with how many operands. */
const operators: ReadonlyMap<string, number> = new Map([
  ['_&&_', 2],
  ['_||_', 2],
  ['_?_:_', 3],
  ['_==_', 2],
  ['_!=_', 2],
  ['_[_]', 2],
  ['@not_strictly_false', 1],
  ['__not_strictly_false__', 1],
]);
