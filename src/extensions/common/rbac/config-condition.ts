// Owns the way from a policy's condition, a CEL expression in parsed form, to its test.
import type { ConfigContext } from '../../../config/api.ts';
import type { Policy } from '../../../generated/envoy/config/rbac/v3/rbac_pb.d.ts';
import type { StreamInfo } from '../../../http/filter/api.ts';
import { type HeaderMap, headerName } from '../../../http/headers/api.ts';
import {
  CelExpression,
  CelSyntaxError,
  MatchContext,
  type ParsedExpression,
  readCelFunctions,
} from '../../../observability/cel/api.ts';
import { anything, type RbacMatcher } from './matcher.ts';

class ConditionMatcher implements RbacMatcher {
  readonly #expression: CelExpression;
  readonly #context = new MatchContext();

  constructor(expression: CelExpression) {
    this.#expression = expression;
  }

  matches(info: StreamInfo, headers: HeaderMap): boolean {
    return this.#context.isTrue(this.#expression, info, headers);
  }
}

/** Undefined when something was wrong and reported. */
export function readCondition(message: Policy, context: ConfigContext): RbacMatcher | undefined {
  const { condition } = message;
  if (condition === undefined) return anything;
  try {
    // google.api.expr.v1alpha1.Expr and cel.expr.Expr, the library's, are the same message under two names.
    const parsed = condition as unknown as ParsedExpression;
    return new ConditionMatcher(new CelExpression(parsed, headerName, readCelFunctions(message.celConfig)));
  } catch (error) {
    if (!(error instanceof CelSyntaxError)) throw error;
    context.error(message, 'condition', 'RMR0705', error.message);
    return undefined;
  }
}
