/**
 * Owns one text of configuration: how it is read, and how a place in it becomes line and column. Reading keeps no places;
 * when there is something to say, the text is read once more with them.
 */

import { catalogue } from '../diagnostics/catalogue.ts';
import type { Diagnostic, SourcePosition } from '../diagnostics/diagnostic.ts';
import type { PathSegment } from '../origin.ts';
import { SourceLines } from './lines.ts';
import { locateInPlainYaml } from './locate.ts';
import type { PlainYaml } from './places.ts';
import { readPlainYamlText } from './plain-yaml.ts';
import type { SourceTree } from './tree.ts';
import type { SourceValue } from './value.ts';

export type SourceFormat = 'yaml' | 'json' | 'text_proto' | 'binary_proto';

/** One source of configuration. `name` is what errors call it: the file name, or `--config-yaml`. */
export type ConfigSource = {
  readonly name: string;
  readonly format: SourceFormat;
  readonly text: string;
  /** Only for binary_proto, whose `text` is empty. */
  readonly bytes?: Uint8Array;
};

/**
 * Mappings and lists within each other; protobuf stops at 100 messages. What comes after reading walks the value
 * recursively and must not run out of stack.
 */
const maxNesting = 250;

/** The format Envoy takes a file for, by its ending. */
export function formatOfFile(name: string): SourceFormat {
  if (name.endsWith('.json')) return 'json';
  if (name.endsWith('.pb')) return 'binary_proto';
  if (name.endsWith('.pb_text') || name.endsWith('.textproto')) return 'text_proto';
  return 'yaml';
}

export class SourceDocument {
  readonly name: string;
  readonly text: string;
  readonly format: SourceFormat;
  #lines: SourceLines;
  #tree: SourceTree | undefined;
  #plain: PlainYaml | 'not plain' | undefined;

  constructor(source: ConfigSource) {
    this.name = source.name;
    this.text = source.text;
    this.format = source.format;
    this.#lines = new SourceLines(source.text);
  }

  /** Reads the text. The value is undefined when it is not well-formed. Never throws for what stands in the text. */
  async read(): Promise<{ value: SourceValue | undefined; diagnostics: Diagnostic[] }> {
    try {
      const read = await this.#read();
      return read.value !== undefined && nestsTooDeeply(read.value) ? this.#tooDeep() : read;
    } catch (error) {
      // The readers are recursive: tens of thousands of brackets use up the stack.
      if (error instanceof RangeError) return this.#tooDeep();
      throw error;
    }
  }

  #tooDeep(): { value: undefined; diagnostics: Diagnostic[] } {
    const message = `The document is nested more than ${maxNesting} levels deep`;
    const position = { file: this.name, line: 1, column: 1 };
    return {
      value: undefined,
      diagnostics: [{ code: 'RMR0102', severity: catalogue.RMR0102.severity, message, path: '', position }],
    };
  }

  async #read(): Promise<{ value: SourceValue | undefined; diagnostics: Diagnostic[] }> {
    const quick = this.format === 'json' ? readStrictJson(this.text) : readPlainYamlText(this.text, false)?.value;
    if (quick !== undefined) return { value: quick, diagnostics: [] };
    const tree = await this.#loadTree();
    const value = tree.value();
    const diagnostics = tree.problems.map(({ code, message, offset }): Diagnostic => {
      const position = { file: this.name, ...tree.lineAndColumn(offset) };
      return { code, severity: catalogue[code].severity, message, path: '', position };
    });
    const broken = diagnostics.some((diagnostic) => diagnostic.severity === 'error');
    return { value: broken ? undefined : value, diagnostics };
  }

  async locate(segments: readonly PathSegment[], at: 'key' | 'value'): Promise<SourcePosition | undefined> {
    if (this.format !== 'yaml' && this.format !== 'json') return undefined;
    // JSON is YAML in flow style; where the two differ is of no matter to positions.
    this.#plain ??= readPlainYamlText(this.text, true) ?? 'not plain';
    if (this.#plain !== 'not plain') {
      return { file: this.name, ...this.#lines.lineAndColumn(locateInPlainYaml(this.#plain, segments, at)) };
    }
    const tree = await this.#loadTree();
    return { file: this.name, ...tree.lineAndColumn(tree.locate(segments, at)) };
  }

  /** Lets go what is only needed for positions; it is made again when one is asked for. */
  dropPlaces(): void {
    this.#tree = undefined;
    this.#plain = undefined;
    this.#lines = new SourceLines(this.text);
  }

  async #loadTree(): Promise<SourceTree> {
    if (this.#tree === undefined) {
      const { SourceTree } = await import('./tree.ts');
      this.#tree = new SourceTree(this.text, this.format === 'json');
    }
    return this.#tree;
  }
}

/**
 * JSON.parse is fifty times quicker than the YAML library (28 ms for 5,000 clusters against 2 s), but it is stricter than
 * Envoy (trailing commas, single quotes, unquoted keys are accepted there) and rounds integers of more than 53 bits:
 * undefined then, and the text goes the slow way.
 */
function readStrictJson(text: string): SourceValue | undefined {
  if (/\d{16}/.test(text)) return undefined;
  try {
    const value: SourceValue = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}

/** Level by level, since recursion is what a deep value must not meet. Only the collections of a level are held. */
function nestsTooDeeply(value: SourceValue): boolean {
  let level = [value];
  for (let depth = 0; level.length !== 0; depth++) {
    if (depth > maxNesting) return true;
    const next: SourceValue[] = [];
    for (const collection of level) {
      if (collection === null || typeof collection !== 'object') continue;
      for (const inner of Object.values(collection)) if (inner !== null && typeof inner === 'object') next.push(inner);
    }
    level = next;
  }
  return false;
}
