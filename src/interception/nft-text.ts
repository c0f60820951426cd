// Owns how rules are written for nft, where iptables is missing or not wanted: one table of each family holds all, so
// that a transaction replaces it as a whole.
import { ownChains } from './iptables-text.ts';
import type { Family, Match, Rule, Table, Target } from './rule.ts';
import type { TableRules } from './rule-set.ts';

export const NFT_TABLE = 'remora_interception';

const FAMILIES = { 4: 'ip', 6: 'ip6' } as const;

/** The priorities at which iptables' tables stand (linux/netfilter_ipv4.h). */
const PRIORITIES: Readonly<Record<Table, number>> = { raw: -300, mangle: -150, nat: -100 };

export function nftTableName(family: Family): string {
  return `${FAMILIES[family]} ${NFT_TABLE}`;
}

/** Input of `nft -f -`: whatever was there goes in the same transaction. Adding first makes the removal never fail. */
export function nftText(family: Family, rules: TableRules): string {
  const table = nftTableName(family);
  const reset = `add table ${table}\ndelete table ${table}\n`;
  if (rules.size === 0) return reset;
  let text = `${reset}table ${table} {\n`;
  for (const [name, list] of rules) {
    // Chains are declared before they are jumped to.
    for (const chain of ownChains(list).reverse()) text += chainText(family, name, chain, list);
    for (const hook of ['PREROUTING', 'OUTPUT'] as const) {
      if (list.some(({ chain }) => chain === hook)) text += chainText(family, name, hook, list);
    }
  }
  return `${text}}\n`;
}

function chainText(family: Family, table: Table, chain: string, rules: readonly Rule[]): string {
  let text = `  chain ${chainName(table, chain)} {\n`;
  if (chain === 'PREROUTING' || chain === 'OUTPUT') {
    // Only a chain of type route looks for the way again when it has marked a packet.
    const type = table === 'nat' ? 'nat' : table === 'mangle' && chain === 'OUTPUT' ? 'route' : 'filter';
    text += `    type ${type} hook ${chain.toLowerCase()} priority ${PRIORITIES[table]}; policy accept;\n`;
  }
  for (const rule of rules) if (rule.chain === chain) text += `    ${nftRule(family, table, rule)}\n`;
  return `${text}  }\n`;
}

function chainName(table: Table, chain: string): string {
  return `${table}_${chain.toLowerCase()}`;
}

export function nftRule(family: Family, table: Table, { match, target }: Rule): string {
  return [...matchWords(FAMILIES[family], match), targetWords(table, target)].join(' ');
}

function matchWords(ip: 'ip' | 'ip6', match: Match): string[] {
  const words: string[] = [];
  const { protocol, destination, destinationPorts: ports, mark } = match;
  if (match.inInterface !== undefined) words.push(`iifname ${quoted(match.inInterface)}`);
  if (match.outInterface !== undefined) words.push(`oifname ${quoted(match.outInterface)}`);
  if (match.source !== undefined) words.push(`${ip} saddr ${match.source}`);
  if (destination !== undefined) words.push(`${ip} daddr ${negation(destination)}${destination.prefix}`);
  if (protocol !== undefined) words.push(`meta l4proto ${protocol}`);
  if (match.sourcePort !== undefined) words.push(`${protocol ?? 'tcp'} sport ${match.sourcePort}`);
  if (ports !== undefined) {
    const set = ports.ports.map((port) => port.replace(':', '-')).join(', ');
    words.push(`${protocol ?? 'tcp'} dport ${negation(ports)}{ ${set} }`);
  }
  for (const owner of match.owners ?? []) words.push(`meta sk${owner.kind} ${negation(owner)}${owner.id}`);
  if (mark !== undefined) words.push(`meta mark ${negation(mark)}${mark.value}`);
  if (match.connectionMark !== undefined) words.push(`ct mark ${match.connectionMark}`);
  if (match.state !== undefined) words.push(`ct state ${match.state.toLowerCase()}`);
  return words;
}

function negation({ not }: { readonly not?: true }): string {
  return not === true ? '!= ' : '';
}

/** iptables' `eth+` stands for all names that begin so. */
function quoted(name: string): string {
  return `"${name.replace(/\+$/, '*')}"`;
}

function targetWords(table: Table, target: Target): string {
  switch (target.kind) {
    case 'return':
    case 'accept':
    case 'drop':
      return target.kind;
    case 'jump':
      return `jump ${chainName(table, target.chain)}`;
    case 'redirect':
      return `redirect to :${target.port}`;
    case 'tproxy':
      return `tproxy to :${target.port} meta mark set ${target.mark} accept`;
    case 'mark':
      return `meta mark set ${target.value}`;
    case 'save-mark':
      return 'ct mark set meta mark';
    case 'restore-mark':
      return 'meta mark set ct mark';
    case 'zone':
      return `ct zone set ${target.zone}`;
  }
}
