// Owns the nodes of matcher trees that look a value up: by the whole of it, by its beginning, by ranges of addresses
// (xds.type.matcher.v3.IPMatcher), by domains (ServerNameMatcher).
import { isIP } from 'node:net';
import { addressBits } from '../../base/cidr.ts';
import type { InputValue, MatchNode, TextInput } from './match-tree.ts';

/** Reads the value and has on_no_match at its end; each kind of map says what it finds between them. */
abstract class ValueNode<Data, Action> implements MatchNode<Data, Action> {
  readonly #input: TextInput<Data>;
  readonly #otherwise: MatchNode<Data, Action> | null;

  constructor(input: TextInput<Data>, otherwise: MatchNode<Data, Action> | null) {
    this.#input = input;
    this.#otherwise = otherwise;
  }

  protected abstract lookUp(value: string, data: Data): Action | null | undefined;

  find(data: Data): Action | null | undefined {
    const value: InputValue = this.#input.value(data);
    if (value === undefined) return undefined;
    const found = value === null ? null : this.lookUp(value, data);
    return found === null && this.#otherwise !== null ? this.#otherwise.find(data) : found;
  }
}

/** Keys are byte strings. */
type Nodes<Data, Action> = ReadonlyMap<string, MatchNode<Data, Action>>;

export class ExactMap<Data, Action> extends ValueNode<Data, Action> {
  readonly #nodes: Nodes<Data, Action>;

  constructor(input: TextInput<Data>, nodes: Nodes<Data, Action>, otherwise: MatchNode<Data, Action> | null) {
    super(input, otherwise);
    this.#nodes = nodes;
  }

  protected lookUp(value: string, data: Data): Action | null | undefined {
    const node = this.#nodes.get(value);
    return node === undefined ? null : node.find(data);
  }
}

export class PrefixMap<Data, Action> extends ValueNode<Data, Action> {
  readonly #nodes: Nodes<Data, Action>;
  /** Longest first: a value is cut to each of them and looked up, so the cost is by lengths, not by prefixes. */
  readonly #lengths: readonly number[];

  constructor(input: TextInput<Data>, nodes: Nodes<Data, Action>, otherwise: MatchNode<Data, Action> | null) {
    super(input, otherwise);
    this.#nodes = nodes;
    this.#lengths = [...new Set([...nodes.keys()].map((prefix) => prefix.length))].sort((a, b) => b - a);
  }

  protected lookUp(value: string, data: Data): Action | null | undefined {
    for (let i = 0; i < this.#lengths.length; i++) {
      const length = this.#lengths[i] as number;
      const node = length > value.length ? undefined : this.#nodes.get(value.slice(0, length));
      const found = node === undefined ? null : node.find(data);
      if (found !== null) return found;
    }
    return null;
  }
}

export interface RangeEntry<Data, Action> {
  readonly family: 4 | 6;
  readonly bits: bigint;
  readonly length: number;
  readonly node: MatchNode<Data, Action>;
  /** Counts only where no longer range, and no earlier one as long, contains the address. */
  readonly exclusive: boolean;
}

export class RangeMap<Data, Action> extends ValueNode<Data, Action> {
  /** Longest first; ranges as long in the order of the configuration. */
  readonly #entries: readonly RangeEntry<Data, Action>[];
  /** The requests of one connection ask for the same address again and again. */
  #lastAddress = '';
  #lastNodes: readonly MatchNode<Data, Action>[] = [];

  constructor(
    input: TextInput<Data>,
    entries: readonly RangeEntry<Data, Action>[],
    otherwise: MatchNode<Data, Action> | null,
  ) {
    super(input, otherwise);
    this.#entries = [...entries].sort((a, b) => b.length - a.length);
  }

  protected lookUp(value: string, data: Data): Action | null | undefined {
    const nodes = this.#nodesOf(value);
    for (let i = 0; i < nodes.length; i++) {
      const found = (nodes[i] as MatchNode<Data, Action>).find(data);
      if (found !== null) return found;
    }
    return null;
  }

  #nodesOf(address: string): readonly MatchNode<Data, Action>[] {
    if (address === this.#lastAddress) return this.#lastNodes;
    const family = address.includes('%') ? 0 : isIP(address);
    const value = family === 0 ? null : addressBits(address);
    const nodes: MatchNode<Data, Action>[] = [];
    if (value !== null) {
      const size = family === 4 ? 32 : 128;
      for (const { family: wanted, bits, length, node, exclusive } of this.#entries) {
        if (wanted !== family || (nodes.length > 0 && exclusive)) continue;
        const shift = BigInt(size - length);
        if (value >> shift === bits >> shift) nodes.push(node);
      }
    }
    this.#lastAddress = address;
    this.#lastNodes = nodes;
    return nodes;
  }
}

export interface DomainNodes<Data, Action> {
  /** Whole names. */
  readonly exact: Nodes<Data, Action>;
  /** `*.example.com` as `.example.com`. */
  readonly suffixes: Nodes<Data, Action>;
  /** `*`. */
  readonly any: MatchNode<Data, Action> | null;
}

/** From the whole name over shorter and shorter suffixes to `*`. As Envoy: case counts, and an empty name is none. */
export class DomainMap<Data, Action> extends ValueNode<Data, Action> {
  readonly #nodes: DomainNodes<Data, Action>;

  constructor(input: TextInput<Data>, nodes: DomainNodes<Data, Action>, otherwise: MatchNode<Data, Action> | null) {
    super(input, otherwise);
    this.#nodes = nodes;
  }

  protected lookUp(value: string, data: Data): Action | null | undefined {
    const { exact, suffixes, any } = this.#nodes;
    if (value === '') return null;
    const whole = exact.get(value);
    const found = whole === undefined ? null : whole.find(data);
    if (found !== null) return found;
    if (suffixes.size > 0) {
      for (let dot = value.indexOf('.'); dot !== -1; dot = value.indexOf('.', dot + 1)) {
        const node = suffixes.get(value.slice(dot));
        const answer = node === undefined ? null : node.find(data);
        if (answer !== null) return answer;
      }
    }
    return any === null ? null : any.find(data);
  }
}
