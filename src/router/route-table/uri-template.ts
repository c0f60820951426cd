// Owns the syntax of URI templates (envoy.path.match.uri_template, envoy.path.rewrite.uri_template): segments of literal
// text, `*` for one segment, `**` for any number, `{name}` and `{name=segments}`. A template becomes a regular expression
// without look-around or back-references, so matching stays linear in the path. What is accepted and what is not was found
// by asking Envoy 1.40.

/** What is wrong with a template, in words. */
export class TemplateError extends Error {}

export interface UriTemplate {
  readonly text: string;
  /** RE2's syntax; one group for each variable. */
  readonly pattern: string;
  /** In the order of their groups. */
  readonly variables: readonly string[];
}

/** Of RFC 3986's pchar; `*` and `=` are literal where no operator may stand. */
const literalText = /^[a-zA-Z0-9\-._~%!$&'()+,;:@=*]+$/;
const oneSegment = "[a-zA-Z0-9\\-._~%!$&'()+,;:@=*]+";
const anySegments = "[a-zA-Z0-9\\-._~%!$&'()+,;:@=*/]*";
const variableName = /^[a-zA-Z][a-zA-Z0-9_]{0,15}$/;
const mostVariables = 5;

export function parseUriTemplate(text: string): UriTemplate {
  return new TemplateParser(text).parse();
}

class TemplateParser {
  readonly #text: string;
  readonly #variables: string[] = [];
  /** `**` was met: no other operator may follow. */
  #last = false;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): UriTemplate {
    const text = this.#text;
    if (!text.startsWith('/')) throw new TemplateError('it must start with /');
    if (!/^[\x21-\x7e]*$/.test(text)) throw new TemplateError('it may hold printable ASCII only');
    let rest = text.slice(1);
    let pattern = '/';
    while (rest !== '') {
      const { length, source } = rest.startsWith('*') ? this.#globSegment(rest) : this.#segment(rest);
      pattern += source;
      rest = rest.slice(length);
      if (rest === '') break;
      pattern += '/';
      // A slash at the end stands for itself.
      rest = rest.slice(1);
    }
    return { text, pattern, variables: this.#variables };
  }

  /** `*` or `**`, and text after it at the end of the template. */
  #globSegment(rest: string): { length: number; source: string } {
    const operator = rest.startsWith('**') ? '**' : '*';
    const suffix = rest.slice(operator.length);
    const source = this.#operator(operator);
    if (suffix === '' || suffix.startsWith('/')) return { length: operator.length, source };
    const slash = suffix.indexOf('/');
    if (slash !== -1) throw new TemplateError(`text after ${operator} must be the last of the template`);
    return { length: rest.length, source: source + literal(suffix) };
  }

  /** Literal text, or a variable between literal texts. */
  #segment(rest: string): { length: number; source: string } {
    const slash = rest.indexOf('/');
    const open = rest.indexOf('{');
    if (open === -1 || (slash !== -1 && slash < open)) {
      const length = slash === -1 ? rest.length : slash;
      return { length, source: literal(rest.slice(0, length)) };
    }
    const close = rest.indexOf('}', open);
    if (close === -1) throw new TemplateError(`'${rest}' has a { without its }`);
    const next = rest.indexOf('/', close);
    const length = next === -1 ? rest.length : next;
    const before = open === 0 ? '' : literal(rest.slice(0, open));
    const variable = this.#variable(rest.slice(open + 1, close));
    const after = close + 1 === length ? '' : literal(rest.slice(close + 1, length));
    return { length, source: before + variable + after };
  }

  #variable(inside: string): string {
    const equals = inside.indexOf('=');
    const name = equals === -1 ? inside : inside.slice(0, equals);
    if (!variableName.test(name)) {
      throw new TemplateError(`'${name}' is no name of a variable: a letter, then up to 15 letters, digits and _`);
    }
    if (this.#variables.includes(name)) throw new TemplateError(`the variable ${name} stands twice`);
    if (this.#variables.length === mostVariables) throw new TemplateError(`more than ${mostVariables} variables`);
    this.#variables.push(name);
    if (equals === -1) return `(${this.#operator('*')})`;
    const parts = inside.slice(equals + 1).split('/');
    return `(${parts.map((part) => (part === '*' || part === '**' ? this.#operator(part) : inVariable(part))).join('/')})`;
  }

  #operator(operator: '*' | '**'): string {
    if (this.#last) throw new TemplateError('nothing but text may follow **');
    this.#last = operator === '**';
    return operator === '**' ? anySegments : oneSegment;
  }
}

function inVariable(part: string): string {
  if (part.startsWith('*')) throw new TemplateError(`'${part}': in a variable an operator is a segment of its own`);
  return literal(part);
}

function literal(text: string): string {
  if (text === '') throw new TemplateError('a segment is empty');
  if (!literalText.test(text)) throw new TemplateError(`'${text}' holds what may not stand in a path`);
  // As Envoy: a star in literal text is the regular expression's.
  return text.replace(/[.$()+]/g, '\\$&');
}

/** The right side of a rewrite as a substitution of RE2 (`\1` for the first variable). */
export function templateSubstitution(rewrite: string, { variables }: UriTemplate): string {
  if (!rewrite.startsWith('/')) throw new TemplateError('it must start with /');
  if (rewrite.includes('//')) throw new TemplateError('it holds //');
  return rewrite
    .split(/(\{[^{}]*\})/)
    .map((part, i) => {
      if (i % 2 === 0) {
        if (part !== '' && !/^[a-zA-Z0-9\-._~%!$&'()+,;:@=*/]+$/.test(part)) {
          throw new TemplateError(`'${part}' holds what may not stand in a path`);
        }
        return part;
      }
      const name = part.slice(1, -1);
      const group = variables.indexOf(name);
      if (group === -1) throw new TemplateError(`the template of the match has no variable '${name}'`);
      return `\\${group + 1}`;
    })
    .join('');
}
