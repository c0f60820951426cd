// Owns what is wrong with an expression before it runs: functions that do not exist, bad regular expressions, attributes
// that are known to Envoy and not here.
import { type CelEnv, isCelError, type parse } from '@bufbuild/cel';
import { unsupported } from './attributes.ts';

type Expr = ReturnType<typeof parse>['expr'];

/** The first complaint, in words. */
export function complaints(expr: Expr | undefined, functions: CelEnv['funcs']): string | undefined {
  if (expr === undefined) return undefined;
  const { exprKind: kind } = expr;
  const first = (...parts: readonly (Expr | undefined)[]): string | undefined => {
    for (const part of parts) {
      const found = complaints(part, functions);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  switch (kind.case) {
    case 'selectExpr': {
      const { operand, field } = kind.value;
      const variable = operand?.exprKind.case === 'identExpr' ? operand.exprKind.value.name : '';
      if (Object.hasOwn(unsupported, variable) && unsupported[variable]?.includes(field) === true) {
        return `the attribute ${variable}.${field} is not implemented yet`;
      }
      return first(operand);
    }
    case 'callExpr': {
      const { function: name, target, args } = kind.value;
      if (!operators.has(name) && functions.find(name) === undefined) return `there is no function '${name}'`;
      if (name === 'size' && [target, ...args].some(isHeaderMap))
        return 'the size of a header map is not implemented yet';
      if (name === 'matches' && isBadRegex(args.at(-1), functions))
        return 'the regular expression of matches is not valid';
      return first(target, ...args);
    }
    case 'listExpr':
      return first(...kind.value.elements);
    case 'structExpr':
      return first(
        ...kind.value.entries.flatMap((entry) => [
          entry.keyKind.case === 'mapKey' ? entry.keyKind.value : undefined,
          entry.value,
        ]),
      );
    case 'comprehensionExpr':
      return 'all, exists, map and filter are switched off in access logs, as in Envoy';
    default:
      return undefined;
  }
}

/** Of a literal; what is made at run time fails there. */
function isBadRegex(expr: Expr | undefined, functions: CelEnv['funcs']): boolean {
  const constant = expr?.exprKind.case === 'constExpr' ? expr.exprKind.value.constantKind : undefined;
  if (constant?.case !== 'stringValue') return false;
  try {
    return isCelError(functions.find('matches')?.call(0, '', [constant.value]));
  } catch {
    return true;
  }
}

function isHeaderMap(expr: Expr | undefined): boolean {
  const kind = expr?.exprKind;
  return kind?.case === 'selectExpr' && (kind.value.field === 'headers' || kind.value.field === 'trailers');
}

/** What the planner does itself, without a function of this name. */
const operators = new Set([
  '_&&_',
  '_||_',
  '_?_:_',
  '_==_',
  '_!=_',
  '_[_]',
  '@not_strictly_false',
  '__not_strictly_false__',
]);
