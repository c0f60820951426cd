/** Owns the rules on texts. Lengths count code points, as PGV does; patterns are the API's own, not a user's. */

import type { ValueCheck, Violation } from './rules.ts';
import { KnownRegex, type StringRules } from './string-rule-types.ts';

export function compileStringRules(rules: StringRules): ValueCheck {
  const checks = [...lengthChecks(rules), ...contentChecks(rules)];
  return (value) => {
    if (typeof value !== 'string' || (rules.ignoreEmpty && value === '')) return undefined;
    for (const check of checks) {
      const violation = check(value);
      if (violation !== undefined) return violation;
    }
    return undefined;
  };
}

type StringCheck = (value: string) => Violation | undefined;

function broken(problem: string): Violation {
  return { code: 'RMR0204', problem };
}

function quoted(value: string): string {
  return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value);
}

function lengthChecks(rules: StringRules): StringCheck[] {
  const checks: StringCheck[] = [];
  const minimum = Number(rules.minLen);
  if (minimum > 0) {
    checks.push((value) => {
      if (value === '') return { code: 'RMR0201', problem: 'is required and must not be empty' };
      return codePoints(value) < minimum ? broken(`must be at least ${minimum} characters long`) : undefined;
    });
  }
  if (Object.hasOwn(rules, 'maxLen')) {
    const maximum = Number(rules.maxLen);
    checks.push((value) =>
      codePoints(value) > maximum ? broken(`must be at most ${maximum} characters long`) : undefined,
    );
  }
  if (Object.hasOwn(rules, 'maxBytes')) {
    const maximum = Number(rules.maxBytes);
    checks.push((value) =>
      Buffer.byteLength(value) > maximum ? broken(`must be at most ${maximum} bytes long`) : undefined,
    );
  }
  if (Object.hasOwn(rules, 'minBytes')) {
    const least = Number(rules.minBytes);
    checks.push((value) =>
      Buffer.byteLength(value) < least ? broken(`must be at least ${least} bytes long`) : undefined,
    );
  }
  if (Object.hasOwn(rules, 'len')) {
    const length = Number(rules.len);
    checks.push((value) => (codePoints(value) !== length ? broken(`must be ${length} characters long`) : undefined));
  }
  return checks;
}

function contentChecks(rules: StringRules): StringCheck[] {
  const checks: StringCheck[] = [];
  if (Object.hasOwn(rules, 'const')) {
    checks.push((value) =>
      value === rules.const ? undefined : { code: 'RMR0208', problem: `must be ${quoted(rules.const)}` },
    );
  }
  if (Object.hasOwn(rules, 'pattern')) {
    const pattern = new RegExp(rules.pattern, 'u');
    checks.push((value) =>
      pattern.test(value) ? undefined : broken(`must match ${rules.pattern}, and ${quoted(value)} does not`),
    );
  }
  if (Object.hasOwn(rules, 'prefix')) {
    checks.push((value) =>
      value.startsWith(rules.prefix) ? undefined : broken(`must start with ${quoted(rules.prefix)}`),
    );
  }
  if (Object.hasOwn(rules, 'suffix')) {
    checks.push((value) =>
      value.endsWith(rules.suffix) ? undefined : broken(`must end with ${quoted(rules.suffix)}`),
    );
  }
  if (Object.hasOwn(rules, 'contains')) {
    checks.push((value) =>
      value.includes(rules.contains) ? undefined : broken(`must contain ${quoted(rules.contains)}`),
    );
  }
  if (rules.in.length > 0) {
    const choice = rules.in.map(quoted).join(', ');
    checks.push((value) =>
      rules.in.includes(value) ? undefined : broken(`must be one of ${choice}, not ${quoted(value)}`),
    );
  }
  if (rules.notIn.length > 0) {
    checks.push((value) => (rules.notIn.includes(value) ? broken(`must not be ${quoted(value)}`) : undefined));
  }
  if (rules.wellKnown.case === 'wellKnownRegex') checks.push(headerCheck(rules.wellKnown.value, rules.strict));
  return checks;
}

/** RFC 9110 §5.1 and §5.5; without `strict` only what would break a header line is refused: NUL, CR, LF. */
function headerCheck(kind: KnownRegex, strict: boolean): StringCheck {
  if (!strict) {
    return (value) => (/[\0\r\n]/.test(value) ? broken('must not hold NUL, CR or LF') : undefined);
  }
  if (kind === KnownRegex.HTTP_HEADER_NAME) {
    // PGV's own expression lets the comma in.
    const name = /^:?[0-9a-zA-Z!#$%&'*+,\-.^_|~`]+$/;
    return (value) => (name.test(value) ? undefined : broken(`must be a header name, and ${quoted(value)} is none`));
  }
  const content = /^[^\0-\x08\x0A-\x1F\x7F]*$/;
  return (value) => (content.test(value) ? undefined : broken('must not hold control characters'));
}

function codePoints(value: string): number {
  let count = 0;
  for (let index = 0; index < value.length; index++) {
    // The second half of a surrogate pair belongs to the character before it.
    const unit = value.charCodeAt(index);
    if (unit < 0xdc00 || unit > 0xdfff) count++;
  }
  return count;
}
