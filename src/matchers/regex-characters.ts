// Owns the atoms of RE2's syntax that stand for bytes: escapes, named classes, sets of bytes and how they are written in
// a JavaScript RegExp.

/** A set of bytes: 256 entries. */
export type ByteSet = readonly boolean[];

const digits = ranges('09');
const wordCharacters = ranges('09', 'AZ', '__', 'az');
const spaces = characters('\t\n\f\r ');

export const posixClasses: Readonly<Record<string, ByteSet>> = {
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

export interface Character {
  /** Undefined for what stands for more than one character (`\pN`). */
  readonly code: number | undefined;
  /** Characters of the pattern it took. */
  readonly length: number;
}

export function readClassCharacter(pattern: string, at: number): Character {
  return pattern[at] === '\\' ? readEscape(pattern, at) : { code: pattern.charCodeAt(at), length: 1 };
}

/** A backslash and what follows. */
export function readEscape(pattern: string, at: number): Character {
  const next = pattern[at + 1] ?? '';
  const control = controlEscapes[next];
  if (control !== undefined) return { code: control, length: 2 };
  const rest = pattern.slice(at);
  const hex = /^\\x(?:\{([0-9A-Fa-f]+)\}|([0-9A-Fa-f]{2}))/.exec(rest);
  if (hex !== null) return { code: Number.parseInt((hex[1] ?? hex[2]) as string, 16), length: hex[0].length };
  const octal = /^\\(0[0-7]{0,2}|[1-7][0-7]{1,2})/.exec(rest);
  if (octal !== null) return { code: Number.parseInt(octal[1] as string, 8), length: octal[0].length };
  const unicodeClass = /^\\[pP](?:\{[^}]*\}|.)/.exec(rest);
  if (unicodeClass !== null) return { code: undefined, length: unicodeClass[0].length };
  return { code: next === '' || /[A-Za-z0-9]/.test(next) ? undefined : next.charCodeAt(0), length: 2 };
}

export function perlClass(letter: string): ByteSet | null {
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

export function characters(list: string): boolean[] {
  const set = new Array<boolean>(256).fill(false);
  for (const char of list) set[char.charCodeAt(0)] = true;
  return set;
}

export function complement(set: ByteSet): boolean[] {
  return Array.from({ length: 256 }, (_, code) => set[code] !== true);
}

export function union(into: boolean[], other: ByteSet): void {
  for (let code = 0; code < 256; code++) if (other[code] === true) into[code] = true;
}

export function isLetter(code: number): boolean {
  return (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
}

export function foldCase(set: ByteSet): boolean[] {
  const folded = [...set];
  for (let code = 0; code < 256; code++) if (set[code] === true && isLetter(code)) folded[code ^ 0x20] = true;
  return folded;
}

export function escapeCode(code: number): string {
  const char = String.fromCharCode(code);
  return /[A-Za-z0-9_/]/.test(char) ? char : `\\x${code.toString(16).padStart(2, '0')}`;
}

export function writeClass(set: ByteSet): string {
  let text = '';
  for (let code = 0; code < 256; code++) {
    if (set[code] !== true) continue;
    const start = code;
    while (set[code + 1] === true) code++;
    text += start === code ? escapeCode(start) : `${escapeCode(start)}-${escapeCode(code)}`;
  }
  return `[${text}]`;
}
