// Owns the index over the paths of a virtual host's routes: which routes may match a path, in configuration order.
//
// One radix trie holds exact paths, prefixes, and regular expressions under the plain text they start with; a second one
// those that ignore case. A walk along the request's path meets every route whose plain part matches, so exact paths and
// prefixes are decided by the walk and only the other conditions of a candidate are tested. The cost grows with the
// length of the path and the number of candidates, not with the number of routes (Envoy walks all of them: 350 µs for
// the last of 10,000, DESIGN 5).
import { toLowerAscii } from '../../matchers/byte-string.ts';
import type { PathPattern } from './path-pattern.ts';

/** Tests the rest of a candidate. */
export interface CandidateTest {
  accepts(route: number): boolean;
}

export class PathIndex {
  readonly #sensitive = new TrieNode('');
  readonly #insensitive = new TrieNode('');
  #anyInsensitive = false;
  readonly #connect: number[] = [];

  /** Routes must be added in their order. */
  add(pattern: PathPattern, route: number): void {
    if (pattern.kind === 'connect') {
      this.#connect.push(route);
    } else if (pattern.kind === 'regex') {
      insert(this.#sensitive, pattern.regex.literalPrefix, 'prefix', route);
    } else if (pattern.ignoreCase) {
      this.#anyInsensitive = true;
      insert(this.#insensitive, toLowerAscii(pattern.text), pattern.kind, route);
    } else {
      insert(this.#sensitive, pattern.text, pattern.kind, route);
    }
  }

  /**
   * The first route, in configuration order, that matches the path and passes the test; -1 when none does.
   * `end` is where query or fragment begin.
   */
  first(path: string, end: number, isConnect: boolean, test: CandidateTest): number {
    let count = 0;
    if (path !== '') {
      count = collect(this.#sensitive, path, end, count);
      if (this.#anyInsensitive) count = collect(this.#insensitive, toLowerAscii(path), end, count);
    }
    if (isConnect && this.#connect.length !== 0) {
      lists[count] = this.#connect;
      positions[count] = 0;
      count++;
    }
    if (count === 1) {
      const only = lists[0] as readonly number[];
      for (let i = 0; i < only.length; i++) {
        if (test.accepts(only[i] as number)) return only[i] as number;
      }
      return -1;
    }
    return firstOfSeveral(count, test);
  }
}

type NodeKind = 'exact' | 'prefix' | 'separated-prefix';

class TrieNode {
  /** What this node adds to its parent's text. */
  label: string;
  /** Routes by what they ask of a path that came this far, ascending; null without. */
  exact: number[] | null = null;
  prefix: number[] | null = null;
  'separated-prefix': number[] | null = null;
  readonly children: TrieNode[] = [];
  /** Child by first byte (index + 1), once there are more than a few. */
  #table: Uint16Array | null = null;

  constructor(label: string) {
    this.label = label;
  }

  child(code: number): TrieNode | undefined {
    const children = this.children;
    if (this.#table !== null) {
      // Bytes only: paths and patterns are byte strings.
      const position = this.#table[code] as number;
      return position === 0 ? undefined : children[position - 1];
    }
    for (let i = 0; i < children.length; i++) {
      const child = children[i] as TrieNode;
      if (child.label.charCodeAt(0) === code) return child;
    }
    return undefined;
  }

  addChild(child: TrieNode): void {
    this.children.push(child);
    if (this.children.length <= 8) return;
    this.#table ??= new Uint16Array(256);
    for (let i = 0; i < this.children.length; i++)
      this.#table[(this.children[i] as TrieNode).label.charCodeAt(0)] = i + 1;
  }

  /** Splits so that this node ends after `length` characters of its label. */
  split(length: number): void {
    const rest = new TrieNode(this.label.slice(length));
    rest.exact = this.exact;
    rest.prefix = this.prefix;
    rest['separated-prefix'] = this['separated-prefix'];
    rest.children.push(...this.children);
    rest.#table = this.#table;
    this.label = this.label.slice(0, length);
    this.exact = null;
    this.prefix = null;
    this['separated-prefix'] = null;
    this.children.length = 0;
    this.#table = null;
    this.addChild(rest);
  }

  addRoute(kind: NodeKind, route: number): void {
    const list = this[kind];
    if (list === null) this[kind] = [route];
    else list.push(route);
  }
}

function insert(root: TrieNode, text: string, kind: NodeKind, route: number): void {
  let node = root;
  let at = 0;
  while (at < text.length) {
    const next = node.child(text.charCodeAt(at));
    if (next === undefined) {
      const leaf = new TrieNode(text.slice(at));
      node.addChild(leaf);
      node = leaf;
      break;
    }
    const common = commonLength(next.label, text, at);
    if (common < next.label.length) next.split(common);
    at += common;
    node = next;
  }
  node.addRoute(kind, route);
}

function commonLength(label: string, text: string, at: number): number {
  let length = 0;
  while (length < label.length && label.charCodeAt(length) === text.charCodeAt(at + length)) length++;
  return length;
}

// Scratch for one match: it runs to its end in one go and nothing inside it matches again.
const lists: (readonly number[])[] = [];
const positions: number[] = [];

/** Puts the lists of routes met on the way into `lists` from `count` on; returns the new count. */
function collect(root: TrieNode, path: string, end: number, count: number): number {
  let node = root;
  let at = 0;
  for (;;) {
    if (node.prefix !== null) {
      lists[count] = node.prefix;
      positions[count++] = 0;
    }
    const separated = node['separated-prefix'];
    if (separated !== null && (at === end || path.charCodeAt(at) === 0x2f)) {
      lists[count] = separated;
      positions[count++] = 0;
    }
    if (at === end) {
      if (node.exact !== null) {
        lists[count] = node.exact;
        positions[count++] = 0;
      }
      return count;
    }
    const next = node.child(path.charCodeAt(at));
    if (next === undefined) return count;
    const label = next.label;
    if (at + label.length > end || !path.startsWith(label, at)) return count;
    at += label.length;
    node = next;
  }
}

/** Merges the ascending lists: a path meets few of them. */
function firstOfSeveral(count: number, test: CandidateTest): number {
  for (;;) {
    let route = -1;
    let from = -1;
    for (let i = 0; i < count; i++) {
      const candidate = lists[i]?.[positions[i] as number];
      if (candidate !== undefined && (route === -1 || candidate < route)) {
        route = candidate;
        from = i;
      }
    }
    if (from === -1) return -1;
    if (test.accepts(route)) return route;
    positions[from] = (positions[from] as number) + 1;
  }
}
