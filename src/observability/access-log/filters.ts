// Owns the filters of access logs at run time; filter-config.ts makes them.
import type { Random } from '../../base/random.ts';
import type { RuntimeInteger } from '../../base/runtime.ts';
import type { LogContext } from './context.ts';
import { dig } from './format/operators/metadata.ts';
import type { AccessLogFilter } from './logger.ts';
import type { HeaderPredicate, MetadataValue } from './settings.ts';

/** By ComparisonFilter.Op: EQ, GE, LE, NE. */
export type Comparison = 'eq' | 'ge' | 'le' | 'ne';

export class ComparisonFilter implements AccessLogFilter {
  readonly #read: (context: LogContext) => number;
  readonly #comparison: Comparison;
  readonly #limit: RuntimeInteger;

  constructor(read: (context: LogContext) => number, comparison: Comparison, limit: RuntimeInteger) {
    this.#read = read;
    this.#comparison = comparison;
    this.#limit = limit;
  }

  evaluate(context: LogContext): boolean {
    const value = this.#read(context);
    const limit = this.#limit.value;
    switch (this.#comparison) {
      case 'eq':
        return value === limit;
      case 'ge':
        return value >= limit;
      case 'le':
        return value <= limit;
      case 'ne':
        return value !== limit;
    }
  }
}

/** 0 while there is no response. */
export const statusOf = (context: LogContext): number => context.streamInfo.responseCode;

/** Whole milliseconds from the first byte of the request to the end of the stream. */
export const durationOf = ({ streamInfo }: LogContext): number =>
  streamInfo.requestComplete < 0 ? 0 : Math.trunc(streamInfo.requestComplete - streamInfo.startTime);

export class TestFilter implements AccessLogFilter {
  readonly evaluate: (context: LogContext) => boolean;

  constructor(test: (context: LogContext) => boolean) {
    this.evaluate = test;
  }
}

export class AndFilter implements AccessLogFilter {
  readonly #filters: readonly AccessLogFilter[];

  constructor(filters: readonly AccessLogFilter[]) {
    this.#filters = filters;
  }

  evaluate(context: LogContext): boolean {
    for (const filter of this.#filters) if (!filter.evaluate(context)) return false;
    return true;
  }
}

export class OrFilter implements AccessLogFilter {
  readonly #filters: readonly AccessLogFilter[];

  constructor(filters: readonly AccessLogFilter[]) {
    this.#filters = filters;
  }

  evaluate(context: LogContext): boolean {
    for (const filter of this.#filters) if (filter.evaluate(context)) return true;
    return false;
  }
}

export class HeaderFilter implements AccessLogFilter {
  readonly #matches: HeaderPredicate;

  constructor(matches: HeaderPredicate) {
    this.#matches = matches;
  }

  evaluate(context: LogContext): boolean {
    return context.requestHeaders !== null && this.#matches(context.requestHeaders);
  }
}

/** Dynamic metadata; where there is no such value, what configuration says. */
export class MetadataFilter implements AccessLogFilter {
  readonly #value: MetadataValue;
  readonly #ifMissing: boolean;

  constructor(value: MetadataValue, ifMissing: boolean) {
    this.#value = value;
    this.#ifMissing = ifMissing;
  }

  evaluate({ streamInfo }: LogContext): boolean {
    const found = dig(streamInfo.dynamicMetadata?.get(this.#value.namespace), this.#value.path);
    return found === undefined ? this.#ifMissing : this.#value.matches(found);
  }
}

/** A share of all requests. Of one request id, all proxies on its way decide alike, unless independence is asked for. */
export class RuntimeFilter implements AccessLogFilter {
  readonly #numerator: RuntimeInteger;
  readonly #denominator: number;
  readonly #independent: boolean;
  readonly #random: Random;

  constructor(numerator: RuntimeInteger, denominator: number, independent: boolean, random: Random) {
    this.#numerator = numerator;
    this.#denominator = denominator;
    this.#independent = independent;
    this.#random = random;
  }

  evaluate({ streamInfo }: LogContext): boolean {
    const numerator = this.#numerator.value;
    let value = this.#independent ? Number.NaN : Number.parseInt(streamInfo.requestId.slice(0, 8), 16);
    if (Number.isNaN(value)) value = this.#random.uint32();
    return value % this.#denominator < numerator;
  }
}

export class GrpcStatusFilter implements AccessLogFilter {
  readonly #read: (context: LogContext) => number;
  readonly #statuses: ReadonlySet<number>;
  readonly #exclude: boolean;

  constructor(read: (context: LogContext) => number, statuses: ReadonlySet<number>, exclude: boolean) {
    this.#read = read;
    this.#statuses = statuses;
    this.#exclude = exclude;
  }

  evaluate(context: LogContext): boolean {
    return this.#statuses.has(this.#read(context)) !== this.#exclude;
  }
}
