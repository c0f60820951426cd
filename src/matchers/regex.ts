// Owns regular expressions from configuration: RE2's syntax and meaning, as Envoy's, in time linear in the text.
//
// At match time V8 does the work where the pattern has an exact translation (30 ns against 270 with re2js on a usual
// path): a back-tracking match that goes on for too long is handed to V8's own linear engine, which takes every
// translated pattern, or the translation is not used. Patterns without a translation are re2js's.
//
// Whoever loads a configuration has re2js check its expressions (config/semantic); when re2js is loaded here as well,
// it checks again. Texts are header values, one character per byte: Envoy's expressions see bytes as well.
import { setFlagsFromString } from 'node:v8';
import type { RE2JS } from 're2js';
import { shouldNeverHappen } from '../base/assert.ts';
import { compileBytes, loadedRe2, loadRe2, patternBytes, RegexError } from '../base/re2.ts';
import { toByteString } from './byte-string.ts';
import { translateRegex } from './regex-translate.ts';

export { RegexError } from '../base/re2.ts';

// The default of 50,000 steps costs an attacker's request 0.25 ms, 5,000 a tenth of that; expressions that real routes
// use take some hundreds at most.
setFlagsFromString('--enable-experimental-regexp-engine');
setFlagsFromString('--enable-experimental-regexp-engine-on-excessive-backtracks');
setFlagsFromString('--regexp-backtracks-before-fallback=5000');

/** Compiles; throws `RegexError` for what RE2 does not accept. */
export function compileRegex(pattern: string): Regex {
  return new Regex(pattern);
}

export class Regex {
  readonly pattern: string;
  /** What every text that `matches` starts with; empty when that is not known. */
  readonly literalPrefix: string;
  readonly groupCount: number;
  /**
   * What a text must hold to match at all, where that says more than the plain characters at the start: looking for it
   * takes 20 ns, and spares a match that tries every place of the text (380 ns for `.*` and a word, DESIGN 5), or that goes
   * far before it fails (200 ns for each of a thousand routes that differ in one word in the middle).
   */
  readonly #needed: string;
  readonly #whole: RegExp | null;
  readonly #search: RegExp | null;
  /** Made when first needed: most patterns never need it. */
  #re2: RE2JS | null = null;
  #broken = false;

  constructor(pattern: string) {
    this.pattern = pattern;
    const bytes = patternBytes(pattern);
    const re2 = loadedRe2();
    if (re2 !== null) compileBytes(re2, bytes);
    const { source, capturingSource, groupCount, sameSearch, literalPrefix, literal } = translateRegex(bytes);
    this.groupCount = groupCount;
    this.#whole = source === null ? null : linearRegExp(`^(?:${source})$`, '');
    this.#search = capturingSource === null || !sameSearch ? null : linearRegExp(capturingSource, 'g');
    this.literalPrefix = literalPrefix;
    this.#needed = literal.length > literalPrefix.length ? literal : '';
    // There before the first request: who checked the configuration has loaded the module already.
    if (this.#whole === null || this.#search === null) void loadRe2();
  }

  /** Whether V8 serves it; for tests. */
  get translated(): boolean {
    return this.#whole !== null;
  }

  /** Does the whole text match? */
  matches(text: string): boolean {
    if (this.#needed !== '' && !text.includes(this.#needed)) return false;
    if (this.#whole !== null) return this.#whole.test(text);
    return this.#compiled()?.testExact(text) ?? false;
  }

  /** Every match replaced by the substitution, from left to right, as RE2::GlobalReplace. */
  replaceAll(text: string, substitution: Substitution): string {
    if (substitution.neverApplies) return text;
    if (this.#search !== null) return replaceWithRegExp(this.#search, text, substitution);
    const re2 = this.#compiled();
    return re2 === null ? text : replaceWithRe2(re2, text, substitution);
  }

  #compiled(): RE2JS | null {
    if (this.#re2 !== null || this.#broken) return this.#re2;
    const re2 = loadedRe2();
    if (re2 === null) {
      shouldNeverHappen(`RE2 is not loaded yet for '${this.pattern}'`);
      return null;
    }
    try {
      this.#re2 = compileBytes(re2, patternBytes(this.pattern));
    } catch (error) {
      if (!(error instanceof RegexError)) throw error;
      this.#broken = true;
      shouldNeverHappen(`'${this.pattern}' was not checked when it was loaded: ${error.message}`);
    }
    return this.#re2;
  }
}

/** The right side of a replacement: `\0` to `\9` stand for groups, `\\` for a backslash. */
export class Substitution {
  /** What is wrong with it, in words; null when nothing is. Envoy takes such a substitution and does what is left of it. */
  readonly problem: string | null;
  /** It asks for a group that the pattern does not have: nothing is ever replaced. */
  readonly neverApplies: boolean;
  /** Text and group numbers in turn, text first. */
  readonly #parts: readonly (string | number)[];

  /** `text` as configuration has it. */
  constructor(text: string, regex: Regex) {
    const parts: (string | number)[] = [];
    let literal = '';
    let problem: string | null = null;
    let neverApplies = false;
    for (let at = 0; at < text.length && problem === null; at++) {
      if (text[at] !== '\\') {
        literal += text[at];
        continue;
      }
      at += 1;
      const next = text[at] ?? '';
      if (next === '\\') {
        literal += next;
      } else if (next >= '0' && next <= '9') {
        const group = Number(next);
        if (group > regex.groupCount) {
          neverApplies = true;
          problem = `it asks for group ${group}, the pattern has ${regex.groupCount}: nothing is replaced`;
        }
        parts.push(toByteString(literal), group);
        literal = '';
      } else {
        // RE2 writes what stands before it, and stops.
        problem = `a backslash must be followed by a digit or a backslash: it ends at character ${at}`;
      }
    }
    parts.push(toByteString(literal));
    this.#parts = parts;
    this.problem = problem;
    this.neverApplies = neverApplies;
  }

  expand(groups: readonly (string | null | undefined)[]): string {
    let text = '';
    for (const part of this.#parts) text += typeof part === 'string' ? part : (groups[part] ?? '');
    return text;
  }
}

/** Null when V8's linear engine cannot take over (too large, or this V8 has no such engine). */
function linearRegExp(source: string, flags: string): RegExp | null {
  try {
    new RegExp(source, `${flags}l`);
    return new RegExp(source, flags);
  } catch {
    return null;
  }
}

function replaceWithRegExp(regexp: RegExp, text: string, substitution: Substitution): string {
  let result = '';
  let copied = 0;
  let lastEnd = -1;
  for (let at = 0; at <= text.length; ) {
    regexp.lastIndex = at;
    const match = regexp.exec(text);
    if (match === null) break;
    const end = match.index + match[0].length;
    // An empty match right behind the last one does not count (RE2; JavaScript would take it).
    if (match.index === lastEnd && match[0] === '') {
      at = lastEnd + 1;
      continue;
    }
    result += text.slice(copied, match.index) + substitution.expand(match);
    copied = end;
    lastEnd = end;
    at = end;
  }
  return copied === 0 && lastEnd === -1 ? text : result + text.slice(copied);
}

function replaceWithRe2(re2: RE2JS, text: string, substitution: Substitution): string {
  const matcher = re2.matcher(text);
  const groups: (string | null)[] = [];
  let result = '';
  let copied = 0;
  let lastEnd = -1;
  for (let at = 0; at <= text.length && matcher.find(at); ) {
    const start = matcher.start();
    const end = matcher.end();
    if (start === lastEnd && end === start) {
      at = lastEnd + 1;
      continue;
    }
    groups.length = 0;
    for (let group = 0; group <= matcher.groupCount(); group++) groups.push(matcher.group(group));
    result += text.slice(copied, start) + substitution.expand(groups);
    copied = end;
    lastEnd = end;
    at = end;
  }
  return copied === 0 && lastEnd === -1 ? text : result + text.slice(copied);
}
