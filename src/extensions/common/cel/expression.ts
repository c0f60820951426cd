// Owns CEL expressions: read once from configuration, evaluated for each stream. It loads the CEL library, so only
// extensions that load by name may import it.
import { type CelInput, type CelResult, celEnv, isCelError, parse, plan } from '@bufbuild/cel';
import type { HeaderNameResolver, LogContext } from '../../../observability/access-log/api.ts';
import { attributesOf, type Read } from './attributes.ts';
import { complaints } from './check.ts';

export class CelSyntaxError extends Error {}

const environment = celEnv();

export class CelExpression {
  readonly #run: (variables: Record<string, CelInput>) => CelResult;
  readonly #variables: Record<string, CelInput>;
  #context: LogContext | undefined;

  /** Throws CelSyntaxError. */
  constructor(source: string, headerName: HeaderNameResolver) {
    const parsed = parseExpression(source);
    const complaint = complaints(parsed.expr, environment.funcs);
    if (complaint !== undefined) throw new CelSyntaxError(complaint);
    this.#run = plan(environment, parsed) as (variables: Record<string, CelInput>) => CelResult;
    // Without a prototype: expressions name variables, and none is called `constructor`.
    this.#variables = Object.create(null) as Record<string, CelInput>;
    for (const [name, read] of Object.entries(attributesOf(headerName))) this.#define(name, read);
  }

  #define(name: string, read: Read): void {
    Object.defineProperty(this.#variables, name, {
      get: () => (this.#context === undefined ? undefined : read(this.#context)),
    });
  }

  /** Whether the expression is true; one that fails, or is of another type, is not. */
  isTrue(context: LogContext): boolean {
    this.#context = context;
    try {
      const result = this.#run(this.#variables);
      return !isCelError(result) && result === true;
    } catch {
      return false;
    } finally {
      this.#context = undefined;
    }
  }
}

function parseExpression(source: string): ReturnType<typeof parse> {
  try {
    return parse(source);
  } catch (error) {
    throw new CelSyntaxError(
      `the expression cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
