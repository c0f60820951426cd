// Owns CEL expressions: read once from configuration, evaluated for each stream.

import type { CelInput, CelResult, CelValue, parse } from '@bufbuild/cel';
import { shouldNeverHappen } from '../../base/assert.ts';
import { loadedCel } from '../../base/cel.ts';
import { errorText } from '../../base/error-text.ts';
import type { HeaderNameResolver, LogContext } from '../access-log/context.ts';
import { attributesOf, type Read } from './attributes.ts';
import { complaints } from './check.ts';
import { type CelFunctions, environmentOf, standardFunctions } from './functions.ts';
import { library } from './library.ts';

export class CelSyntaxError extends Error {}

/** An expression that a configuration holds parsed: google.api.expr.v1alpha1.Expr or cel.expr.Expr, which are alike. */
export type ParsedExpression = NonNullable<ReturnType<typeof parse>['expr']>;

export class CelExpression {
  readonly #run: (variables: Record<string, CelInput>) => CelResult;
  readonly #variables: Record<string, CelInput>;
  #context: LogContext | undefined;
  /** In the last run. */
  #readsResponse = false;

  /** Text, or what was parsed from one. Throws CelSyntaxError. */
  constructor(
    source: string | ParsedExpression,
    headerName: HeaderNameResolver,
    functions: CelFunctions = standardFunctions,
  ) {
    if (loadedCel() === null) {
      shouldNeverHappen('a CEL expression was met before the library is loaded (config/semantic/cel.ts)');
      throw new CelSyntaxError('CEL is not loaded');
    }
    const expression = typeof source === 'string' ? parseExpression(source) : source;
    const environment = environmentOf(functions);
    const complaint = complaints(expression, environment.funcs, functions);
    if (complaint !== undefined) throw new CelSyntaxError(complaint);
    this.#run = planExpression(expression, environment);
    // Without a prototype: expressions name variables, and none is called `constructor`.
    this.#variables = Object.create(null) as Record<string, CelInput>;
    for (const [name, read] of Object.entries(attributesOf(headerName))) this.#define(name, read);
  }

  #define(name: string, read: Read): void {
    Object.defineProperty(this.#variables, name, {
      get: () => {
        if (name === 'response') this.#readsResponse = true;
        return this.#context === undefined ? undefined : read(this.#context);
      },
    });
  }

  /** Whether the expression is true; one that fails, or is of another type, is not. */
  isTrue(context: LogContext): boolean {
    return this.use(context, isTrue) === true;
  }

  /**
   * The same where there is no response yet: undefined, not false, when it looked at one. What an operator skipped was not
   * looked at (asked of Envoy 1.40).
   */
  isTrueBeforeResponse(context: LogContext): boolean | undefined {
    this.#readsResponse = false;
    if (this.isTrue(context)) return true;
    return this.#readsResponse ? undefined : false;
  }

  /**
   * What `take` makes of the value; undefined where the expression fails. Maps of attributes are read while `take` runs:
   * it must not keep the value.
   */
  use<Result>(context: LogContext, take: (value: CelValue) => Result): Result | undefined {
    this.#context = context;
    try {
      const result = this.#run(this.#variables);
      return result === undefined || library().isCelError(result) ? undefined : take(result);
    } catch {
      // Nothing of an expression leaves it: it has no value then.
      return undefined;
    } finally {
      this.#context = undefined;
    }
  }
}

const isTrue = (value: CelValue): boolean => value === true;

function parseExpression(source: string): ParsedExpression {
  try {
    const { expr } = library().parse(source);
    if (expr !== undefined) return expr;
  } catch (error) {
    throw new CelSyntaxError(`the expression cannot be read: ${errorText(error)}`);
  }
  throw new CelSyntaxError('the expression is empty');
}

function planExpression(
  expression: ParsedExpression,
  environment: ReturnType<typeof environmentOf>,
): (variables: Record<string, CelInput>) => CelResult {
  try {
    return library().plan(environment, expression) as (variables: Record<string, CelInput>) => CelResult;
  } catch (error) {
    throw new CelSyntaxError(`the expression cannot be used: ${errorText(error)}`);
  }
}
