// Owns the translation of RE2 syntax into a JavaScript RegExp source of the same meaning.
//
// Envoy runs RE2 (https://github.com/google/re2/wiki/Syntax) on Latin-1: an expression sees bytes, `.` is one byte, `é`
// in a pattern is the two bytes of its UTF-8, and only ASCII letters have case. JavaScript differs in what `.`, `\s`,
// classes and flags mean, so nothing is passed through: every atom is written out as the bytes it stands for. What has
// no simple counterpart (`(?m)`, `(?U)`, \p, ...) is not translated: re2js then does the work (regex.ts).
//
// The pattern is a byte string that RE2 takes: this parser trusts its syntax.

import {
  type ByteSet,
  characters,
  complement,
  escapeCode,
  foldCase,
  isLetter,
  perlClass,
  posixClasses,
  readClassCharacter,
  readEscape,
  union,
  writeClass,
} from './regex-characters.ts';

export interface Translation {
  /** Source without captures, unanchored; null where there is no translation. */
  readonly source: string | null;
  /** Source with capture groups numbered as in the pattern; null where there is no translation. */
  readonly capturingSource: string | null;
  /** Capture groups of the pattern. */
  readonly groupCount: number;
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

export function translateRegex(pattern: string): Translation {
  return new Translator(pattern).run();
}

class Translator {
  readonly #pattern: string;
  #at = 0;
  #plain = '';
  #capturing = '';
  #ignoreCase = false;
  #dotMatchesNewline = false;
  #sameSearch = true;
  #supported = true;
  #groupCount = 0;
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

  run(): Translation {
    while (this.#at < this.#pattern.length) this.#item();
    this.#endRun(0);
    // With a choice outside of groups nothing is common to all matches; and no claim is made of what was not understood.
    const nothingInCommon = this.#choiceAtTop || !this.#supported;
    return {
      source: this.#supported ? this.#plain : null,
      capturingSource: this.#supported ? this.#capturing : null,
      groupCount: this.#groupCount,
      sameSearch: this.#sameSearch,
      literalPrefix: nothingInCommon ? '' : this.#literalPrefix,
      literal: nothingInCommon ? '' : this.#longestRun,
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
          this.#supported = false;
        } else {
          this.#ignoreCase = flags.ignoreCase;
          this.#dotMatchesNewline = flags.dotMatchesNewline;
        }
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
      this.#groupCount += 1;
      this.#at += named?.[0].length ?? 1;
      this.#plain += '(?:';
      this.#capturing += '(';
      return;
    }
    const flags = /^\(\?([a-zA-Z]*)(?:-([a-zA-Z]+))?([:)])/.exec(rest);
    if (flags === null) {
      this.#supported = false;
      this.#open.push(outer);
      this.#at += 2;
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
    else if (on) this.#supported = false;
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

  #class(set: ByteSet): void {
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
        if (escaped.code === undefined) {
          this.#supported = false;
          this.#at += escaped.length;
        } else {
          this.#literal(escaped.code, escaped.length);
        }
      }
    }
  }

  #bracketClass(): void {
    const set = new Array<boolean>(256).fill(false);
    let at = this.#at + 1;
    const negated = this.#pattern[at] === '^';
    if (negated) at += 1;
    for (let first = true; at < this.#pattern.length && (first || this.#pattern[at] !== ']'); first = false) {
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
      at += low.length;
      let high = low;
      if (this.#pattern[at] === '-' && this.#pattern[at + 1] !== ']') {
        high = readClassCharacter(this.#pattern, at + 1);
        at += 1 + high.length;
      }
      if (low.code === undefined || high.code === undefined) {
        this.#supported = false;
        continue;
      }
      for (let code = low.code; code <= high.code; code++) set[code] = true;
    }
    this.#at = at + 1;
    const folded = this.#ignoreCase ? foldCase(set) : set;
    this.#endRun(0);
    this.#emit(writeClass(negated ? complement(folded) : folded));
  }
}
