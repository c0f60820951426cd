/** Owns the check that no two filter chains match the same connections, by the same nine criteria as Envoy. */

import type {
  FilterChain,
  FilterChainMatch,
} from '../../generated/envoy/config/listener/v3/listener_components_pb.d.ts';
import type { Listener } from '../../generated/envoy/config/listener/v3/listener_pb.d.ts';
import type { ConfigContext } from '../context.ts';
import { checkRange } from './address.ts';

export function checkFilterChainMatches(listener: Listener, context: ConfigContext): void {
  // Every combination of criteria, and the chain that has it.
  const taken = new Map<string, FilterChain>();
  for (const chain of listener.filterChains) {
    const match = chain.filterChainMatch;
    if (match !== undefined) checkMatch(match, context);
    for (const key of combinations(match, context)) {
      const other = taken.get(key);
      if (other !== undefined) {
        const index = listener.filterChains.indexOf(other);
        const same =
          other === chain
            ? 'names the same criterion twice'
            : `matches connections that ${nameOf(other, index)} matches too`;
        context.error(match ?? chain, '', 'RMR0504', `The filter chain ${same}`);
        break;
      }
      taken.set(key, chain);
    }
  }
}

function nameOf(chain: FilterChain, index: number): string {
  return chain.name === '' ? `filter_chains[${index}]` : `the filter chain ${JSON.stringify(chain.name)}`;
}

function checkMatch(match: FilterChainMatch, context: ConfigContext): void {
  for (const [index, name] of match.serverNames.entries()) {
    if (!name.includes('*') || name.startsWith('*.')) continue;
    const text = `${JSON.stringify(name)}: a wildcard can only stand for the first labels of a name ("*.example.com")`;
    context.error(match, `server_names[${index}]`, 'RMR0500', text);
  }
  for (const field of ['address_suffix', 'suffix_len']) {
    const set = field === 'address_suffix' ? match.addressSuffix !== '' : match.suffixLen !== undefined;
    if (set) context.error(match, field, 'RMR0500', `${field} is not implemented, in Envoy neither`);
  }
}

/** A criterion that is absent; for names and protocols an empty text says the same. */
const anything = [''];

function combinations(match: FilterChainMatch | undefined, context: ConfigContext): Iterable<string> {
  const ranges = (list: FilterChainMatch['prefixRanges'] = []): string[] =>
    list.map((range) => checkRange(range, context)).filter((range) => range !== undefined);
  const criteria = [
    match?.destinationPort === undefined ? [] : [String(match.destinationPort)],
    ranges(match?.prefixRanges),
    // "*.example.com" and ".example.com" mean the same.
    (match?.serverNames ?? []).map((name) => name.toLowerCase().replace(/^\*/, '')),
    [match?.transportProtocol ?? ''],
    match?.applicationProtocols ?? [],
    ranges(match?.directSourcePrefixRanges),
    [String(match?.sourceType ?? 0)],
    ranges(match?.sourcePrefixRanges),
    (match?.sourcePorts ?? []).map(String),
  ].map((values) => (values.length === 0 ? anything : values));
  return product(criteria, 0, '');
}

function* product(criteria: readonly (readonly string[])[], index: number, prefix: string): Generator<string> {
  const values = criteria[index];
  if (values === undefined) {
    yield prefix;
    return;
  }
  for (const value of values) yield* product(criteria, index + 1, `${prefix}|${value}`);
}
