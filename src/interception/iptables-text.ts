// Owns how rules are written for iptables: arguments of one rule, and the text of one iptables-restore transaction.
import { type Match, OWN_PREFIX, type Rule, type Table, type Target } from './rule.ts';
import type { TableRules } from './rule-set.ts';

/** What iptables-save says of one family, as far as it is ours. */
export interface InstalledTable {
  readonly chains: readonly string[];
  /** In the kernel's chains, as `-A OUTPUT -j ISTIO_OUTPUT`, in their order. */
  readonly jumps: readonly string[];
  /** In chains of ours: how many each has. */
  readonly sizes: ReadonlyMap<string, number>;
}

export type Installed = ReadonlyMap<Table, InstalledTable>;

export function ruleText({ match, target }: Rule): string {
  return [...matchWords(match), ...targetWords(target)].join(' ');
}

function matchWords(match: Match): string[] {
  const words: string[] = [];
  const { protocol, destination, destinationPorts: ports, mark } = match;
  if (match.source !== undefined) words.push('-s', match.source);
  if (destination !== undefined) words.push(...negation(destination), '-d', destination.prefix);
  if (match.inInterface !== undefined) words.push('-i', match.inInterface);
  if (match.outInterface !== undefined) words.push('-o', match.outInterface);
  if (protocol !== undefined) words.push('-p', protocol);
  if (match.sourcePort !== undefined) words.push('-m', protocol ?? 'tcp', '--sport', String(match.sourcePort));
  if (ports !== undefined) {
    const single = ports.ports.length === 1;
    words.push('-m', single ? (protocol ?? 'tcp') : 'multiport', ...negation(ports));
    words.push(single ? '--dport' : '--dports', ports.ports.join(','));
  }
  for (const owner of match.owners ?? [])
    words.push('-m', 'owner', ...negation(owner), `--${owner.kind}-owner`, owner.id);
  if (mark !== undefined) words.push('-m', 'mark', ...negation(mark), '--mark', hex(mark.value));
  if (match.connectionMark !== undefined) words.push('-m', 'connmark', '--mark', hex(match.connectionMark));
  if (match.state !== undefined) words.push('-m', 'conntrack', '--ctstate', match.state);
  return words;
}

function negation({ not }: { readonly not?: true }): string[] {
  return not === true ? ['!'] : [];
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}

function targetWords(target: Target): string[] {
  switch (target.kind) {
    case 'return':
    case 'accept':
    case 'drop':
      return ['-j', target.kind.toUpperCase()];
    case 'jump':
      return ['-j', target.chain];
    case 'redirect':
      return ['-j', 'REDIRECT', '--to-ports', String(target.port)];
    case 'tproxy':
      return ['-j', 'TPROXY', '--on-port', String(target.port), '--tproxy-mark', `${hex(target.mark)}/0xffffffff`];
    case 'mark':
      return ['-j', 'MARK', '--set-xmark', `${hex(target.value)}/0xffffffff`];
    case 'save-mark':
      return ['-j', 'CONNMARK', '--save-mark'];
    case 'restore-mark':
      return ['-j', 'CONNMARK', '--restore-mark'];
    case 'zone':
      return ['-j', 'CT', '--zone', String(target.zone)];
  }
}

function isOwn(chain: string): boolean {
  return chain.startsWith(OWN_PREFIX);
}

/** In the order of their first mention. */
export function ownChains(rules: readonly Rule[]): string[] {
  const chains = new Set<string>();
  for (const { chain, target } of rules) {
    if (isOwn(chain)) chains.add(chain);
    if (target.kind === 'jump') chains.add(target.chain);
  }
  return [...chains];
}

/**
 * The input of `iptables-restore --noflush` that turns `installed` into `wanted` in one transaction: nothing is captured
 * twice or not at all in between. What others have written stays. Empty when nothing is to be done.
 */
export function restoreText(wanted: TableRules, installed: Installed): string {
  let text = '';
  for (const table of ['raw', 'mangle', 'nat'] as const) {
    const rules = wanted.get(table) ?? [];
    const old = installed.get(table);
    if (rules.length === 0 && old === undefined) continue;
    const chains = ownChains(rules);
    text += `*${table}\n`;
    // A chain that is declared is made, or emptied if it is there.
    for (const chain of new Set([...(old?.chains ?? []), ...chains])) text += `:${chain} - [0:0]\n`;
    for (const line of old?.jumps ?? []) text += `-D${line.slice(2)}\n`;
    text += commands(rules);
    for (const chain of old?.chains ?? []) if (!chains.includes(chain)) text += `-X ${chain}\n`;
    text += 'COMMIT\n';
  }
  return text;
}

/** Rules for a virtual machine's interface stand before what others have in PREROUTING, as Istio has it. */
function commands(rules: readonly Rule[]): string {
  let text = '';
  let first = 0;
  for (const rule of rules) {
    const inserted = rule.chain === 'PREROUTING' && rule.match.inInterface !== undefined;
    if (inserted) first++;
    text += `${inserted ? `-I ${rule.chain} ${first}` : `-A ${rule.chain}`} ${ruleText(rule)}\n`;
  }
  return text;
}

/** A line for each command, for people who read or run them one by one. */
export function commandLines(program: string, rules: TableRules): string {
  let text = '';
  for (const [table, list] of rules) {
    for (const chain of ownChains(list)) text += `${program} -t ${table} -N ${chain}\n`;
    for (const line of commands(list).trimEnd().split('\n')) text += `${program} -t ${table} ${line}\n`;
  }
  return text;
}

/** Reads what iptables-save prints. */
export function readInstalled(saved: string): Installed {
  const tables = new Map<Table, { chains: string[]; jumps: string[]; sizes: Map<string, number> }>();
  let table = '';
  for (const line of saved.split('\n')) {
    if (line.startsWith('*')) table = line.slice(1).trim();
    if (table !== 'raw' && table !== 'mangle' && table !== 'nat') continue;
    const chain = /^(?::|-A )(\S+)/.exec(line)?.[1];
    if (chain === undefined) continue;
    const own = isOwn(chain);
    const jumps = line.startsWith('-A') && new RegExp(` -[jg] ${OWN_PREFIX}`).test(line);
    if (!own && !jumps) continue;
    let found = tables.get(table);
    if (found === undefined) {
      found = { chains: [], jumps: [], sizes: new Map() };
      tables.set(table, found);
    }
    if (line.startsWith(':')) found.chains.push(chain);
    else if (own) found.sizes.set(chain, (found.sizes.get(chain) ?? 0) + 1);
    else found.jumps.push(line);
  }
  return tables;
}
