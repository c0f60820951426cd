/** Owns the scalars of the quick YAML reader: quoted ones, literal blocks, and what may start a plain one. */
import { APOSTROPHE, COLON, HASH, NEWLINE, OPEN_LIST, OPEN_MAP, PIPE, QUOTE, SPACE } from './characters.ts';

/** Thrown here and in plain-yaml.ts, caught there only: one way out of any depth, at most once for a text. */
export const giveUp = new Error('left to the library');

/** First characters of a plain scalar or key that need no thought. */
const plainStart = /[A-Za-z0-9_./+<~$^()\\=;\xa0-\uffff]/;

/** Gives up unless a plain scalar surely starts at `at`. */
export function checkPlainStart(text: string, at: number): void {
  const character = text[at] ?? '';
  if (plainStart.test(character)) return;
  // -1, :path, ::1, -v: indicators that a letter follows are text.
  const isIndicator = character === '-' || character === ':';
  if (!isIndicator || !/[A-Za-z0-9._/:]/.test(text[at + 1] ?? '')) throw giveUp;
}

/** Offset behind the closing quote, which must stand on the same line. */
export function quotedEnd(text: string, start: number): number {
  const quote = text[start];
  for (let at = start + 1; at < text.length; at++) {
    const character = text[at];
    if (character === '\n') break;
    if (character === '\\' && quote === '"') at++;
    else if (character === quote) {
      if (quote === "'" && text[at + 1] === "'") at++;
      else return at + 1;
    }
  }
  throw giveUp;
}

/** Offset of the colon that ends the key at `at`, or -1 when the line holds no key. */
export function keyEnd(text: string, at: number): number {
  const first = text.charCodeAt(at);
  if (first === QUOTE || first === APOSTROPHE) {
    let colon = quotedEnd(text, at);
    while (text.charCodeAt(colon) === SPACE) colon++;
    return text.charCodeAt(colon) === COLON && endsKey(text, colon) ? colon : -1;
  }
  if (first === OPEN_LIST || first === OPEN_MAP || first === PIPE) return -1;
  for (let index = at; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === NEWLINE) return -1;
    if (code === HASH && text.charCodeAt(index - 1) === SPACE) return -1;
    if (code === COLON && endsKey(text, index)) return index;
  }
  return -1;
}

function endsKey(text: string, colon: number): boolean {
  const next = text.charCodeAt(colon + 1);
  return next === SPACE || next === NEWLINE || colon + 1 >= text.length;
}

/** What the quoted scalar between two offsets (quotes included) says. */
export function unquote(text: string, start: number, end: number): string {
  const inner = text.slice(start + 1, end - 1);
  if (text[start] === "'") return inner.replaceAll("''", "'");
  if (!inner.includes('\\')) return inner;
  return inner.replaceAll(/\\(u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|[\s\S])/g, (_, code: string) => {
    if (code.length > 1) return String.fromCharCode(Number.parseInt(code.slice(1), 16));
    const character = simpleEscapes[code];
    if (character === undefined) throw giveUp;
    return character;
  });
}

const simpleEscapes: Readonly<Record<string, string>> = {
  '0': '\0',
  a: '\x07',
  b: '\b',
  t: '\t',
  n: '\n',
  v: '\v',
  f: '\f',
  r: '\r',
  e: '\x1b',
  '"': '"',
  '/': '/',
  '\\': '\\',
  ' ': ' ',
};

/**
 * `|`, `|-`, `|+`: lines as they stand, without their common indentation. `start` is the offset of the bar, `parent` the
 * column of what the block belongs to; `end` is the start of the line behind it.
 */
export function readLiteral(text: string, start: number, parent: number): { value: string; end: number } {
  const header = /^\|([+-]?)(?: *| +#.*)$/.exec(text.slice(start, lineEndOf(text, start)));
  if (header === null) throw giveUp;
  const lines: string[] = [];
  let indent = -1;
  let at = lineEndOf(text, start) + 1;
  while (at < text.length) {
    const end = lineEndOf(text, at);
    let content = at;
    while (content < end && text[content] === ' ') content++;
    if (content === end) {
      // Blank lines that are longer than the indentation hold spaces: rare, and their rules are not simple.
      if (content - at > Math.max(indent, 0)) throw giveUp;
      lines.push('');
    } else {
      const column = content - at;
      if (indent < 0) {
        if (column <= parent) break;
        indent = column;
      }
      if (column < indent) {
        if (column > parent) throw giveUp;
        break;
      }
      lines.push(text.slice(at + indent, end));
    }
    at = end + 1;
  }
  if (indent < 0) throw giveUp;
  let trailing = 0;
  while (lines[lines.length - 1 - trailing] === '') trailing++;
  // A last line without a line break has none to keep.
  if (trailing === 0 && at > text.length) throw giveUp;
  const body = lines.slice(0, lines.length - trailing).join('\n');
  const end = Math.min(at, text.length);
  if (header[1] === '-') return { value: body, end };
  return { value: header[1] === '+' ? `${body}\n${'\n'.repeat(trailing)}` : `${body}\n`, end };
}

function lineEndOf(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end;
}
