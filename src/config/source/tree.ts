/**
 * Owns the reading of YAML (and of JSON that is laxer than JSON.parse) with the `yaml` library: its node tree turned into
 * a plain value, and places found again in it. Loaded only for texts that source/plain-yaml.ts leaves to it.
 */
import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  Scalar,
} from 'yaml';
import type { PathSegment } from '../origin.ts';
import { toCamelCase } from './locate.ts';
import { readPlainJson, readPlainYaml } from './scalars.ts';
import type { SourceMapping, SourceValue } from './value.ts';

export type TextProblem = {
  readonly code: 'RMR0102' | 'RMR0104' | 'RMR0112';
  readonly message: string;
  readonly offset: number;
};

/** Ten lines of aliases of aliases can stand for ten billion values; no honest document comes near this. */
const maxAliasNodes = 1_000_000;

export class SourceTree {
  readonly #document: Document.Parsed;
  readonly #lines = new LineCounter();
  readonly #json: boolean;
  /** What each alias stands for: the library searches the whole document every time it is asked. */
  readonly #targets = new Map<Alias, Node | null>();
  /** Aliases that are being read, one within the other, and what has been read within them. */
  #aliasDepth = 0;
  #aliasNodes = 0;
  readonly problems: TextProblem[] = [];

  constructor(text: string, json: boolean) {
    this.#json = json;
    this.#document = parseDocument(text, {
      schema: 'failsafe',
      version: '1.1',
      merge: false,
      uniqueKeys: false,
      prettyErrors: false,
      lineCounter: this.#lines,
    });
    for (const error of this.#document.errors) {
      if (error.code !== 'MULTIPLE_DOCS') {
        this.problems.push({ code: 'RMR0102', message: error.message, offset: error.pos[0] });
      } else if (json) {
        this.problems.push({
          code: 'RMR0102',
          message: 'There is text behind the end of the document',
          offset: error.pos[0],
        });
      } else {
        const message = 'Only the first document is read; what stands behind this line has no effect';
        this.problems.push({ code: 'RMR0112', message, offset: error.pos[0] });
      }
    }
  }

  /** The plain value; what cannot be read is added to `problems`. */
  value(): SourceValue {
    return this.#read(this.#document.contents);
  }

  lineAndColumn(offset: number): { line: number; column: number } {
    const { line, col } = this.#lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  }

  #read(node: Node | null): SourceValue {
    if (node === null) return null;
    if (this.#aliasDepth > 0 && ++this.#aliasNodes > maxAliasNodes) {
      if (this.#aliasNodes === maxAliasNodes + 1) {
        const message = `The aliases of this document stand for more than ${maxAliasNodes} values`;
        this.problems.push({ code: 'RMR0102', message, offset: offsetOf(node) });
      }
      return null;
    }
    if (isScalar(node)) return this.#readScalar(node);
    if (isAlias(node)) return this.#readAlias(node);
    if (isSeq(node)) return node.items.map((item) => this.#read(asNode(item)));
    if (!isMap(node)) return null;
    const mapping: SourceMapping = {};
    for (const { key, value } of node.items) {
      const keyNode = asNode(key);
      // Envoy passes over entries whose key is tagged so: the place to keep anchors.
      if (keyNode?.tag === '!ignore') continue;
      const name = this.#keyText(keyNode);
      if (name === undefined) {
        this.problems.push({ code: 'RMR0102', message: 'A key must be a simple text', offset: offsetOf(keyNode) });
        continue;
      }
      if (Object.hasOwn(mapping, name)) {
        const message = `The key ${JSON.stringify(name)} stands here again; this last one counts`;
        this.problems.push({ code: 'RMR0104', message, offset: offsetOf(keyNode) });
      }
      const read = this.#read(asNode(value));
      // Keys come from outside: an assignment to __proto__ would change what the mapping is.
      if (name === '__proto__') Object.defineProperty(mapping, name, { value: read, enumerable: true });
      else mapping[name] = read;
    }
    return mapping;
  }

  #readAlias(node: Alias): SourceValue {
    const target = this.#target(node);
    if (target === null || contains(target, node)) {
      const message =
        target === null
          ? `There is no anchor &${node.source} before this place`
          : `*${node.source} stands within what it names`;
      this.problems.push({ code: 'RMR0102', message, offset: offsetOf(node) });
      return null;
    }
    this.#aliasDepth++;
    const value = this.#read(target);
    this.#aliasDepth--;
    return value;
  }

  #target(node: Alias): Node | null {
    let target = this.#targets.get(node);
    if (target === undefined) {
      target = node.resolve(this.#document) ?? null;
      this.#targets.set(node, target);
    }
    return target;
  }

  #readScalar(node: Scalar): SourceValue {
    const text = String(node.value);
    if (node.type !== Scalar.PLAIN) return text;
    if (!this.#json) return readPlainYaml(text);
    const value = readPlainJson(text);
    if (value !== undefined) return value;
    this.problems.push({ code: 'RMR0102', message: `JSON has no value ${text}: quote it`, offset: offsetOf(node) });
    return null;
  }

  #keyText(key: Node | null): string | undefined {
    const node = isAlias(key) ? this.#target(key) : key;
    if (!isScalar(node)) return undefined;
    const text = String(node.value);
    return node.type === Scalar.PLAIN && (text === '~' || text === '') ? 'null' : text;
  }

  /**
   * The offset of the deepest node on the path that exists: of its key when `at` is 'key' (and the path was walked to its
   * end), else of the value. Fields may stand in either spelling; one mapping may stand where a list is meant.
   */
  locate(segments: readonly PathSegment[], at: 'key' | 'value'): number {
    let node = this.#resolve(this.#document.contents);
    let keyOffset: number | undefined;
    for (const segment of segments) {
      keyOffset = undefined;
      if (typeof segment === 'number') {
        // A single value where a list is meant is its own first element.
        if (!isSeq(node)) continue;
        const item = this.#resolve(asNode(node.items[segment]));
        if (item === null) break;
        node = item;
        continue;
      }
      if (!isMap(node)) break;
      const wanted = typeof segment === 'string' ? segment : segment.key;
      const camel = typeof segment === 'string' ? toCamelCase(segment) : wanted;
      const pair = node.items.findLast(({ key }) => {
        const text = this.#keyText(asNode(key));
        return text === wanted || text === camel;
      });
      if (pair === undefined) break;
      keyOffset = offsetOf(asNode(pair.key));
      const value = this.#resolve(asNode(pair.value));
      // An empty value has no place of its own worth showing.
      if (value === null || (isScalar(value) && value.range?.[0] === value.range?.[1])) return keyOffset;
      node = value;
    }
    if (keyOffset === undefined) return offsetOf(node);
    // A block of lines is better shown by the key it stands under than by whatever is its first line.
    const isBlock = (isMap(node) || isSeq(node)) && node.flow !== true;
    return at === 'key' || isBlock ? keyOffset : offsetOf(node);
  }

  #resolve(node: Node | null): Node | null {
    return isAlias(node) ? this.#target(node) : node;
  }
}

function asNode(item: unknown): Node | null {
  return isScalar(item) || isMap(item) || isSeq(item) || isAlias(item) ? item : null;
}

function offsetOf(node: Node | null): number {
  return node?.range?.[0] ?? 0;
}

/** Whether an alias stands inside of the very node it names, which would then have no end. */
function contains(target: Node, alias: Alias): boolean {
  const from = target.range;
  const at = alias.range?.[0];
  return from !== null && from !== undefined && at !== undefined && at >= from[0] && at < from[1];
}
