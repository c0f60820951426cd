// Owns the translation of RE2 syntax into a JavaScript RegExp source of the same meaning.
//
// Envoy runs RE2 (https://github.com/google/re2/wiki/Syntax) on Latin-1: an expression sees bytes, `.` is one byte, `é`
// in a pattern is the two bytes of its UTF-8, and only ASCII letters have case. JavaScript differs in what `.`, `\s`,
// classes and flags mean, so nothing is passed through: every atom is written out as the bytes it stands for. What has
// no simple counterpart (`(?m)`, `(?U)`, \p, ...) is answered with null: re2js then does the work (regex.ts).
//
// The pattern is a byte string and has passed re2js's parser: this one trusts its syntax.

export interface Translation {
  /** Source without captures, unanchored. */
  readonly source: string;
  /** Source with capture groups numbered as in the pattern. */
  readonly capturingSource: string;
  /**
   * JavaScript finds the same first match with the same groups. Not when a group is repeated: captures are reset in
   * each round there, and rounds that match nothing end differently.
   */
  readonly sameSearch: boolean;
  /** What every matching text starts with, where the pattern's first atoms are plain characters. */
  readonly literalPrefix: string;
  /** The longest run of plain characters that every matching text holds somewhere; empty when none is known. */
  readonly literal: string;
}

export function translateRegex(pattern: string): Translation | null {
  return new Translator(pattern).run();
}

const digits = ranges('09');
const wordCharacters = ranges('09', 'AZ', '__', 'az');
const spaces = characters('\t\n\f\r ');

const posixClasses: Readonly<Record<string, boolean[]>> = {
  alnum: ranges('09', 'AZ', 'az'),
  alpha: ranges('AZ', 'az'),
  ascii: ranges('\x00\x7f'),
  blank: characters('\t '),
  cntrl: ranges('\x00\x1f', '\x7f\x7f'),
  digit: digits,
  graph: ranges('!~'),
  lower: ranges('az'),
  print: ranges(' ~'),
  punct: ranges('!/', ':@', '[`', '{~'),
  space: characters('\t\n\v\f\r '),
  upper: ranges('AZ'),
  word: wordCharacters,
  xdigit: ranges('09', 'AF', 'af'),
};

const controlEscapes: Readonly<Record<string, number>> = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 };

class Translator {
  readonly #pattern: string;
  #at = 0;
  #plain = '';
  #capturing = '';
  #ignoreCase = false;
  #dotMatchesNewline = false;
  #sameSearch = true;
  #supported = true;
  /** Flags to restore at each closing parenthesis. */
  readonly #open: { ignoreCase: boolean; dotMatchesNewline: boolean }[] = [];
  /** Plain characters since the last item that was something else, outside of all groups. */
  #run = '';
  #atStart = true;
  #literalPrefix = '';
  #longestRun = '';
  #choiceAtTop = false;
  /** The last item was a closing parenthesis. */
  #afterGroup = false;

  constructor(pattern: string) {
    this.#pattern = pattern;
  }

  run(): Translation | null {
    while (this.#at < this.#pattern.length && this.#supported) this.#item();
    if (!this.#supported) return null;
    this.#endRun(0);
    return {
      source: this.#plain,
      capturingSource: this.#capturing,
      sameSearch: this.#sameSearch,
      // A choice outside of groups: nothing is common to all matches.
      literalPrefix: this.#choiceAtTop ? '' : this.#literalPrefix,
      literal: this.#choiceAtTop ? '' : this.#longestRun,
    };
  }

  #emit(text: string): void {
    this.#plain += text;
    this.#capturing += text;
  }

  /** Something else than a plain character comes; the last `dropped` ones of the run do not belong to it (they are repeated). */
  #endRun(dropped: number): void {
    const run = this.#run.slice(0, this.#run.length - dropped);
    if (this.#atStart) this.#literalPrefix = run;
    if (run.length > this.#longestRun.length) this.#longestRun = run;
    this.#run = '';
    this.#atStart = false;
  }

  #item(): void {
    const pattern = this.#pattern;
    const char = pattern[this.#at] as string;
    const afterGroup = this.#afterGroup;
    this.#afterGroup = false;
    switch (char) {
      case '(':
        this.#openGroup();
        return;
      case ')': {
        const flags = this.#open.pop();
        if (flags === undefined) {
          this.#giveUp();
          return;
        }
        this.#ignoreCase = flags.ignoreCase;
        this.#dotMatchesNewline = flags.dotMatchesNewline;
        this.#afterGroup = true;
        this.#at += 1;
        this.#emit(')');
        return;
      }
      case '|':
        if (this.#open.length === 0) this.#choiceAtTop = true;
        this.#endRun(0);
        this.#at += 1;
        this.#emit('|');
        return;
      case '^':
      case '$':
        // A match of the whole text may start with `^` without changing what it starts with.
        if (char === '$' || this.#run !== '') this.#endRun(0);
        this.#at += 1;
        this.#emit(char);
        return;
      case '.':
        this.#at += 1;
        this.#class(complement(this.#dotMatchesNewline ? [] : characters('\n')));
        return;
      case '[':
        this.#bracketClass();
        return;
      case '*':
      case '+':
      case '?':
        this.#quantifier(1, afterGroup);
        return;
      case '{': {
        const repeat = /^\{\d+(?:,\d*)?\}/.exec(pattern.slice(this.#at));
        if (repeat !== null) this.#quantifier(repeat[0].length, afterGroup);
        else this.#literal(0x7b, 1);
        return;
      }
      case '\\':
        this.#escape();
        return;
      default:
        this.#literal(pattern.charCodeAt(this.#at), 1);
    }
  }

  #giveUp(): void {
    this.#supported = false;
  }

  #quantifier(length: number, afterGroup: boolean): void {
    if (afterGroup) this.#sameSearch = false;
    this.#endRun(1);
    let text = this.#pattern.slice(this.#at, this.#at + length);
    this.#at += length;
    if (this.#pattern[this.#at] === '?') {
      text += '?';
      this.#at += 1;
    }
    this.#emit(text);
  }

  #openGroup(): void {
    const rest = this.#pattern.slice(this.#at);
    const named = /^\(\?P?<[^>]*>/.exec(rest);
    const outer = { ignoreCase: this.#ignoreCase, dotMatchesNewline: this.#dotMatchesNewline };
    if (named !== null || !rest.startsWith('(?')) {
      this.#endRun(0);
      this.#open.push(outer);
      this.#at += named?.[0].length ?? 1;
      this.#plain += '(?:';
      this.#capturing += '(';
      return;
    }
    const flags = /^\(\?([a-zA-Z]*)(?:-([a-zA-Z]+))?([:)])/.exec(rest);
    if (flags === null) {
      this.#giveUp();
      return;
    }
    this.#at += flags[0].length;
    if (flags[3] === ':') {
      this.#endRun(0);
      this.#open.push(outer);
      this.#emit('(?:');
    }
    for (const flag of flags[1] ?? '') this.#setFlag(flag, true);
    for (const flag of flags[2] ?? '') this.#setFlag(flag, false);
  }

  #setFlag(flag: string, on: boolean): void {
    if (flag === 'i') this.#ignoreCase = on;
    else if (flag === 's') this.#dotMatchesNewline = on;
    else if (on) this.#giveUp();
  }

  #literal(code: number, length: number): void {
    this.#at += length;
    if (this.#ignoreCase && isLetter(code)) {
      const set = new Array<boolean>(256).fill(false);
      set[code] = true;
      this.#class(set);
      return;
    }
    // What stands in a group may be repeated no times, or be one of several.
    if (this.#open.length === 0) this.#run += String.fromCharCode(code);
    this.#emit(escapeCode(code));
  }

  #class(set: boolean[]): void {
    this.#endRun(0);
    this.#emit(writeClass(this.#ignoreCase ? foldCase(set) : set));
  }

  #escape(): void {
    const next = this.#pattern[this.#at + 1] ?? '';
    const set = perlClass(next);
    if (set !== null) {
      this.#at += 2;
      this.#class(set);
      return;
    }
    switch (next) {
      case 'b':
      case 'B':
        this.#endRun(0);
        this.#at += 2;
        this.#emit(`\\${next}`);
        return;
      case 'A':
      case 'z':
        this.#endRun(0);
        this.#at += 2;
        this.#emit(next === 'A' ? '^' : '$');
        return;
      case 'Q': {
        const end = this.#pattern.indexOf('\\E', this.#at + 2);
        const text = this.#pattern.slice(this.#at + 2, end === -1 ? undefined : end);
        for (const char of text) this.#literal(char.charCodeAt(0), 0);
        this.#at += 2 + text.length + (end === -1 ? 0 : 2);
        return;
      }
      case 'E':
        this.#at += 2;
        return;
      default: {
        const escaped = readEscape(this.#pattern, this.#at);
        if (escaped === null) this.#giveUp();
        else this.#literal(escaped.code, escaped.length);
      }
    }
  }

  #bracketClass(): void {
    const set = new Array<boolean>(256).fill(false);
    let at = this.#at + 1;
    const negated = this.#pattern[at] === '^';
    if (negated) at += 1;
    for (let first = true; first || this.#pattern[at] !== ']'; first = false) {
      const posix = /^\[:(\^?)(\w+):\]/.exec(this.#pattern.slice(at));
      const named = posix === null ? null : posixClasses[posix[2] as string];
      if (posix !== null && named !== undefined && named !== null) {
        union(set, posix[1] === '^' ? complement(named) : named);
        at += posix[0].length;
        continue;
      }
      const perl = this.#pattern[at] === '\\' ? perlClass(this.#pattern[at + 1] ?? '') : null;
      if (perl !== null) {
        union(set, perl);
        at += 2;
        continue;
      }
      const low = readClassCharacter(this.#pattern, at);
      if (low === null) {
        this.#giveUp();
        return;
      }
      at += low.length;
      let high = low;
      if (this.#pattern[at] === '-' && this.#pattern[at + 1] !== ']') {
        const end = readClassCharacter(this.#pattern, at + 1);
        if (end === null) {
          this.#giveUp();
          return;
        }
        high = end;
        at += 1 + end.length;
      }
      for (let code = low.code; code <= high.code; code++) set[code] = true;
    }
    this.#at = at + 1;
    const folded = this.#ignoreCase ? foldCase(set) : set;
    this.#endRun(0);
    this.#emit(writeClass(negated ? complement(folded) : folded));
  }
}

interface Character {
  readonly code: number;
  /** Characters of the pattern it took. */
  readonly length: number;
}

function readClassCharacter(pattern: string, at: number): Character | null {
  if (pattern[at] === '\\') return readEscape(pattern, at);
  return at < pattern.length ? { code: pattern.charCodeAt(at), length: 1 } : null;
}

/** A backslash and the one character it stands for; null for anything else (`\pN`). */
function readEscape(pattern: string, at: number): Character | null {
  const next = pattern[at + 1];
  if (next === undefined) return null;
  const control = controlEscapes[next];
  if (control !== undefined) return { code: control, length: 2 };
  const rest = pattern.slice(at);
  const hex = /^\\x(?:\{([0-9A-Fa-f]+)\}|([0-9A-Fa-f]{2}))/.exec(rest);
  if (hex !== null) return { code: Number.parseInt((hex[1] ?? hex[2]) as string, 16), length: hex[0].length };
  const octal = /^\\(0[0-7]{0,2}|[1-7][0-7]{1,2})/.exec(rest);
  if (octal !== null) return { code: Number.parseInt(octal[1] as string, 8), length: octal[0].length };
  if (/[A-Za-z0-9]/.test(next)) return null;
  return { code: next.charCodeAt(0), length: 2 };
}

function perlClass(letter: string): boolean[] | null {
  switch (letter) {
    case 'd':
      return digits;
    case 'D':
      return complement(digits);
    case 's':
      return spaces;
    case 'S':
      return complement(spaces);
    case 'w':
      return wordCharacters;
    case 'W':
      return complement(wordCharacters);
    default:
      return null;
  }
}

function ranges(...pairs: string[]): boolean[] {
  const set = new Array<boolean>(256).fill(false);
  for (const pair of pairs) {
    for (let code = pair.charCodeAt(0); code <= pair.charCodeAt(1); code++) set[code] = true;
  }
  return set;
}

function characters(list: string): boolean[] {
  const set = new Array<boolean>(256).fill(false);
  for (const char of list) set[char.charCodeAt(0)] = true;
  return set;
}

function complement(set: readonly boolean[]): boolean[] {
  return Array.from({ length: 256 }, (_, code) => set[code] !== true);
}

function union(into: boolean[], other: readonly boolean[]): void {
  for (let code = 0; code < 256; code++) if (other[code] === true) into[code] = true;
}

function isLetter(code: number): boolean {
  return (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
}

function foldCase(set: readonly boolean[]): boolean[] {
  const folded = [...set];
  for (let code = 0; code < 256; code++) if (set[code] === true && isLetter(code)) folded[code ^ 0x20] = true;
  return folded;
}

function escapeCode(code: number): string {
  const char = String.fromCharCode(code);
  return /[A-Za-z0-9_/]/.test(char) ? char : `\\x${code.toString(16).padStart(2, '0')}`;
}

function writeClass(set: readonly boolean[]): string {
  let text = '';
  for (let code = 0; code < 256; code++) {
    if (set[code] !== true) continue;
    const start = code;
    while (set[code + 1] === true) code++;
    text += start === code ? escapeCode(start) : `${escapeCode(start)}-${escapeCode(code)}`;
  }
  return `[${text}]`;
}
