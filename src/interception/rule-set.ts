// Owns the rules of both families while they are collected, in the order in which they are to stand.
import { type Family, type Match, type Rule, TABLES, type Table, type Target } from './rule.ts';

/** Values that differ by family: loopback and the inbound passthrough's source address. */
export interface FamilyAddresses {
  readonly family: Family;
  /** What an application means by "this host". */
  readonly loopback: string;
  /** The source address of the proxy's connections to its application: such a packet has been captured already. */
  readonly passthrough: string;
}

/** One family's rules by table; a table without rules is left out. */
export type TableRules = ReadonlyMap<Table, readonly Rule[]>;

export class RuleSet {
  readonly addresses: FamilyAddresses;
  readonly #tables = new Map<Table, Rule[]>();

  constructor(addresses: FamilyAddresses) {
    this.addresses = addresses;
  }

  get family(): Family {
    return this.addresses.family;
  }

  append(table: Table, chain: Rule['chain'], match: Match, target: Target): void {
    const rule: Rule = { chain, match, target };
    const rules = this.#tables.get(table);
    if (rules === undefined) this.#tables.set(table, [rule]);
    else rules.push(rule);
  }

  /** In the kernel's order of tables. */
  get tables(): TableRules {
    const sorted = new Map<Table, readonly Rule[]>();
    for (const table of TABLES) {
      const rules = this.#tables.get(table);
      if (rules !== undefined) sorted.set(table, rules);
    }
    return sorted;
  }
}
