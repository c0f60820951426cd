/** Owns the rules on numbers; PGV has the same ones for each of protobuf's twelve kinds. */
import type { ValueCheck } from './rules.ts';

/** What FloatRules, UInt64Rules … have in common. */
export type NumberRules = {
  readonly const: number | bigint;
  readonly lt: number | bigint;
  readonly lte: number | bigint;
  readonly gt: number | bigint;
  readonly gte: number | bigint;
  readonly in: readonly (number | bigint)[];
  readonly notIn: readonly (number | bigint)[];
  readonly ignoreEmpty: boolean;
};

export function compileNumberRules(rules: NumberRules): ValueCheck {
  // The rules are a proto2 message: what is not set lies on its prototype.
  const set = (name: keyof NumberRules): boolean => Object.hasOwn(rules, name);
  const lower = set('gt')
    ? { holds: (value: number | bigint) => value > rules.gt, text: `greater than ${rules.gt}` }
    : set('gte')
      ? { holds: (value: number | bigint) => value >= rules.gte, text: `at least ${rules.gte}` }
      : undefined;
  const upper = set('lt')
    ? { holds: (value: number | bigint) => value < rules.lt, text: `less than ${rules.lt}` }
    : set('lte')
      ? { holds: (value: number | bigint) => value <= rules.lte, text: `at most ${rules.lte}` }
      : undefined;
  const bounds = [lower, upper].filter((bound) => bound !== undefined);
  const wanted = `must be ${bounds.map((bound) => bound.text).join(' and ')}`;
  return (value) => {
    if (typeof value !== 'number' && typeof value !== 'bigint') return undefined;
    if (rules.ignoreEmpty && Number(value) === 0) return undefined;
    if (set('const') && value !== rules.const) return { code: 'RMR0208', problem: `must be ${rules.const}` };
    if (!bounds.every((bound) => bound.holds(value))) return { code: 'RMR0203', problem: `${wanted}, not ${value}` };
    if (rules.in.length > 0 && !rules.in.includes(value)) {
      return { code: 'RMR0203', problem: `must be one of ${rules.in.join(', ')}, not ${value}` };
    }
    return rules.notIn.includes(value) ? { code: 'RMR0203', problem: `must not be ${value}` } : undefined;
  };
}
