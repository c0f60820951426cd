/**
 * Owns a reader for the YAML that configurations are written in: block and flow collections, one-line scalars, literal
 * blocks, comments. Whatever else a text holds (anchors, tags, folded or multi-line scalars, tabs, several documents,
 * duplicate keys, every error) makes it give up, and the `yaml` library reads the text instead: it never reads differently
 * (test/unit/config/plain-yaml.test.ts compares the two). Why it exists: the library costs 4 MB and 19 ms to load, and 2 s
 * and 570 MB for 5,000 clusters of 10 hosts, which this reads in 0.15 s; nearly every process never needs it.
 */
import {
  APOSTROPHE,
  CLOSE_LIST,
  CLOSE_MAP,
  COLON,
  COMMA,
  DASH,
  HASH,
  NEWLINE,
  OPEN_LIST,
  OPEN_MAP,
  PERCENT,
  PIPE,
  QUOTE,
  SPACE,
} from './characters.ts';
import type { Place, Places, PlainYaml } from './places.ts';
import { checkPlainStart, giveUp, keyEnd, quotedEnd, readLiteral, unquote } from './plain-yaml-scalars.ts';
import { readPlainYaml } from './scalars.ts';
import type { SourceMapping, SourceValue } from './value.ts';

/** Undefined when the text has something this reader leaves to the library. */
export function readPlainYamlText(text: string, withPlaces: boolean): PlainYaml | undefined {
  // Control characters, tabs and other line breaks have rules of their own.
  if (/[^\n\x20-\x7e\xa0-\u2027\u202a-\ufefe]/.test(text)) return undefined;
  return new PlainYamlReader(text, withPlaces).read();
}

class PlainYamlReader {
  readonly #text: string;
  readonly #places: Places | undefined;
  /** Start of the content of the current line, or of what is read within it. */
  #at = 0;
  /** Column of that content; -1 at the end of the text. */
  #indent = 0;

  constructor(text: string, withPlaces: boolean) {
    this.#text = text;
    this.#places = withPlaces ? new Map() : undefined;
  }

  read(): PlainYaml | undefined {
    try {
      this.#nextLine(0);
      if (this.#indent === 0 && /^---[ \n]/.test(this.#text.slice(this.#at, this.#at + 4))) {
        this.#finishLine(this.#at + 3);
      }
      const start = this.#at;
      const first = this.#code(start);
      const isFlow = first === OPEN_MAP || first === OPEN_LIST;
      if (this.#indent < 0) return undefined;
      const value = isFlow ? this.#readFlowDocument() : this.#readBlock(-1);
      if (this.#indent !== -1 || typeof value !== 'object') return undefined;
      return { value, places: this.#places, start };
    } catch (error) {
      if (error === giveUp) return undefined;
      throw error;
    }
  }

  #code(at: number): number {
    return this.#text.charCodeAt(at);
  }

  /** Moves to the next line with content, from the start of a line. */
  #nextLine(lineStart: number): void {
    const text = this.#text;
    let start = lineStart;
    for (;;) {
      let at = start;
      while (text.charCodeAt(at) === SPACE) at++;
      if (at >= text.length) {
        this.#indent = -1;
        this.#at = text.length;
        return;
      }
      const code = text.charCodeAt(at);
      if (code !== NEWLINE && code !== HASH) {
        this.#at = at;
        this.#indent = at - start;
        if (at === start && this.#isMarker(at)) throw giveUp;
        return;
      }
      const end = text.indexOf('\n', at);
      start = end < 0 ? text.length : end + 1;
    }
  }

  /** Directives and the marks of documents stand at the start of a line; `---` may open the text. */
  #isMarker(at: number): boolean {
    const text = this.#text;
    if (text.charCodeAt(at) === PERCENT || text.startsWith('...', at)) return true;
    return text.startsWith('---', at) && !/^(?: *(?:#.*)?\n)*$/.test(text.slice(0, at));
  }

  /** What stands behind a value must be nothing, or a comment; then goes on to the next line. */
  #finishLine(from: number): void {
    let at = from;
    while (this.#code(at) === SPACE) at++;
    const code = this.#code(at);
    if (at >= this.#text.length) this.#nextLine(this.#text.length);
    else if (code === NEWLINE) this.#nextLine(at + 1);
    else if (code === HASH && at > from) {
      const end = this.#text.indexOf('\n', at);
      this.#nextLine(end < 0 ? this.#text.length : end + 1);
    } else throw giveUp;
  }

  #isEntry(at: number): boolean {
    if (this.#code(at) !== DASH) return false;
    const next = this.#code(at + 1);
    return next === SPACE || next === NEWLINE || Number.isNaN(next);
  }

  /** The collection or lone scalar that starts at the current line, which is indented more than `parent`. */
  #readBlock(parent: number): SourceValue {
    if (this.#isEntry(this.#at)) return this.#readSequence(this.#indent);
    if (keyEnd(this.#text, this.#at) >= 0) return this.#readMapping(this.#indent);
    return this.#readInline(parent);
  }

  #readMapping(indent: number): SourceMapping {
    const mapping: SourceMapping = {};
    const places = this.#newPlaces(mapping);
    while (this.#indent === indent && !this.#isEntry(this.#at)) {
      const keyStart = this.#at;
      const colon = keyEnd(this.#text, keyStart);
      if (colon < 0) throw giveUp;
      const key = this.#readKey(keyStart, colon);
      if (Object.hasOwn(mapping, key) || key === '__proto__') throw giveUp;
      let at = colon + 1;
      while (this.#code(at) === SPACE) at++;
      let place = keyStart;
      let block = false;
      let value: SourceValue = null;
      if (this.#isLineEnd(at, colon + 1)) {
        this.#finishLine(colon + 1);
        const isNested = this.#indent > indent || (this.#indent === indent && this.#isEntry(this.#at));
        if (isNested) {
          place = this.#at;
          block = true;
          value = this.#indent === indent ? this.#readSequence(indent) : this.#readBlock(indent);
        }
      } else {
        this.#at = at;
        place = at;
        value = this.#readInline(indent);
      }
      mapping[key] = value;
      places?.set(key, { key: keyStart, value: place, block: block && typeof value === 'object' });
    }
    if (this.#indent > indent) throw giveUp;
    return mapping;
  }

  #readSequence(indent: number): SourceValue[] {
    const list: SourceValue[] = [];
    const places = this.#newPlaces(list);
    while (this.#indent === indent && this.#isEntry(this.#at)) {
      const dash = this.#at;
      let at = dash + 1;
      while (this.#code(at) === SPACE) at++;
      let place = dash;
      let value: SourceValue = null;
      if (this.#isLineEnd(at, dash + 1)) {
        this.#finishLine(dash + 1);
        if (this.#indent > indent) {
          place = this.#at;
          value = this.#readBlock(indent);
        }
      } else {
        place = at;
        this.#at = at;
        if (this.#isEntry(at) || keyEnd(this.#text, at) >= 0) {
          // A compact collection: as if it stood on a line of its own, at this column.
          this.#indent = indent + (at - dash);
          value = this.#readBlock(indent);
        } else value = this.#readInline(indent);
      }
      list.push(value);
      places?.set(list.length - 1, { key: -1, value: place, block: true });
    }
    if (this.#indent > indent) throw giveUp;
    return list;
  }

  #newPlaces(collection: object): Map<string | number, Place> | undefined {
    if (this.#places === undefined) return undefined;
    const places = new Map<string | number, Place>();
    this.#places.set(collection, places);
    return places;
  }

  /** Whether nothing but a comment stands at `at`, where the text before it ended at `from`. */
  #isLineEnd(at: number, from: number): boolean {
    const code = this.#code(at);
    return at >= this.#text.length || code === NEWLINE || (code === HASH && at > from);
  }

  /** A value on the rest of the line (flow collections may go on); `parent` is the column of what it belongs to. */
  #readInline(parent: number): SourceValue {
    const start = this.#at;
    const code = this.#code(start);
    if (code === OPEN_LIST || code === OPEN_MAP) {
      const value = this.#readFlow(parent);
      this.#finishLine(this.#at);
      if (this.#indent > parent) throw giveUp;
      return value;
    }
    if (code === PIPE) {
      const literal = readLiteral(this.#text, start, parent);
      this.#nextLine(literal.end);
      return literal.value;
    }
    let value: SourceValue;
    if (code === QUOTE || code === APOSTROPHE) {
      const end = quotedEnd(this.#text, start);
      value = unquote(this.#text, start, end);
      this.#finishLine(end);
    } else {
      let end = this.#text.indexOf('\n', start);
      if (end < 0) end = this.#text.length;
      const text = this.#plainText(start, end);
      value = readPlainYaml(text);
      this.#finishLine(start + text.length);
    }
    // A line that is indented further would go on with this scalar.
    if (this.#indent > parent) throw giveUp;
    return value;
  }

  /** The plain scalar between two offsets of one line, without comment and trailing spaces. */
  #plainText(start: number, lineEnd: number): string {
    checkPlainStart(this.#text, start);
    let text = this.#text.slice(start, lineEnd);
    const comment = text.indexOf(' #');
    if (comment >= 0) text = text.slice(0, comment);
    text = text.trimEnd();
    if (text.includes(': ') || text.endsWith(':')) throw giveUp;
    return text;
  }

  #readKey(start: number, colon: number): string {
    const first = this.#code(start);
    if (first === QUOTE || first === APOSTROPHE) return unquote(this.#text, start, quotedEnd(this.#text, start));
    if (start === colon) throw giveUp;
    checkPlainStart(this.#text, start);
    const key = this.#text.slice(start, colon).trimEnd();
    if (key === '~') throw giveUp;
    return key;
  }

  #readFlowDocument(): SourceValue {
    const value = this.#readFlow(-1);
    this.#finishLine(this.#at);
    return value;
  }

  /** A flow collection; leaves `at` behind its bracket. */
  #readFlow(parent: number): SourceValue {
    return this.#code(this.#at) === OPEN_LIST ? this.#readFlowList(parent) : this.#readFlowMap(parent);
  }

  #readFlowList(parent: number): SourceValue[] {
    const list: SourceValue[] = [];
    const places = this.#newPlaces(list);
    this.#at++;
    for (;;) {
      this.#skipInFlow(parent);
      if (this.#code(this.#at) === CLOSE_LIST) break;
      const place = this.#at;
      list.push(this.#readFlowValue(parent));
      places?.set(list.length - 1, { key: -1, value: place, block: false });
      this.#skipInFlow(parent);
      if (this.#code(this.#at) === COMMA) this.#at++;
      else if (this.#code(this.#at) !== CLOSE_LIST) throw giveUp;
    }
    this.#at++;
    return list;
  }

  #readFlowMap(parent: number): SourceMapping {
    const mapping: SourceMapping = {};
    const places = this.#newPlaces(mapping);
    this.#at++;
    for (;;) {
      this.#skipInFlow(parent);
      if (this.#code(this.#at) === CLOSE_MAP) break;
      const keyStart = this.#at;
      const first = this.#code(keyStart);
      let key: string;
      if (first === QUOTE || first === APOSTROPHE) {
        const end = quotedEnd(this.#text, keyStart);
        key = unquote(this.#text, keyStart, end);
        this.#at = end;
      } else key = this.#flowPlainText();
      if (key === '' && first !== QUOTE && first !== APOSTROPHE) throw giveUp;
      if (this.#code(this.#at) !== COLON || key === '~' || key === '__proto__' || Object.hasOwn(mapping, key))
        throw giveUp;
      this.#at++;
      this.#skipInFlow(parent);
      const place = this.#at;
      const code = this.#code(place);
      // `{a: , b: }` has empty values; the library knows their rules.
      if (code === COMMA || code === CLOSE_MAP) throw giveUp;
      mapping[key] = this.#readFlowValue(parent);
      places?.set(key, { key: keyStart, value: place, block: false });
      this.#skipInFlow(parent);
      if (this.#code(this.#at) === COMMA) this.#at++;
      else if (this.#code(this.#at) !== CLOSE_MAP) throw giveUp;
    }
    this.#at++;
    return mapping;
  }

  #readFlowValue(parent: number): SourceValue {
    const start = this.#at;
    const code = this.#code(start);
    if (code === OPEN_LIST || code === OPEN_MAP) return this.#readFlow(parent);
    if (code === QUOTE || code === APOSTROPHE) {
      this.#at = quotedEnd(this.#text, start);
      return unquote(this.#text, start, this.#at);
    }
    const text = this.#flowPlainText();
    if (text === '' || this.#code(this.#at) === COLON) throw giveUp;
    return readPlainYaml(text);
  }

  /** A plain scalar inside a flow collection; leaves `at` at the character that ends it. */
  #flowPlainText(): string {
    const text = this.#text;
    const start = this.#at;
    checkPlainStart(this.#text, start);
    let at = start;
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === COMMA || code === OPEN_LIST || code === CLOSE_LIST || code === OPEN_MAP || code === CLOSE_MAP) break;
      if (code === NEWLINE) break;
      if (code === HASH && text.charCodeAt(at - 1) === SPACE) throw giveUp;
      if (code === COLON) {
        const next = text.charCodeAt(at + 1);
        if (next === SPACE || next === NEWLINE) break;
        if (next === COMMA || next === OPEN_LIST || next === CLOSE_LIST || next === OPEN_MAP || next === CLOSE_MAP)
          throw giveUp;
      }
    }
    this.#at = at;
    if (text.charCodeAt(at) === OPEN_LIST || text.charCodeAt(at) === OPEN_MAP) throw giveUp;
    if (text.charCodeAt(at) === NEWLINE) {
      // Only the end of an entry may follow on the next line; anything else would go on with the scalar.
      let next = at;
      while (text.charCodeAt(next) === SPACE || text.charCodeAt(next) === NEWLINE) next++;
      const code = text.charCodeAt(next);
      if (code !== COMMA && code !== CLOSE_LIST && code !== CLOSE_MAP) throw giveUp;
    }
    return text.slice(start, at).trimEnd();
  }

  /** Spaces and line breaks; lines of a flow collection must be indented more than what it belongs to. */
  #skipInFlow(parent: number): void {
    const text = this.#text;
    for (;;) {
      const code = text.charCodeAt(this.#at);
      if (code === SPACE) this.#at++;
      else if (code === NEWLINE) {
        const lineStart = this.#at + 1;
        let at = lineStart;
        while (text.charCodeAt(at) === SPACE) at++;
        const next = text.charCodeAt(at);
        if (next === HASH) throw giveUp;
        if (next !== NEWLINE && at - lineStart <= parent) throw giveUp;
        this.#at = at;
        if (at - lineStart === 0 && (text.startsWith('---', at) || text.startsWith('...', at))) throw giveUp;
      } else if (code === HASH || this.#at >= text.length) throw giveUp;
      else return;
    }
  }
}
