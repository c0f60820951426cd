// Owns how the custom maps of matcher trees are read: ranges of addresses (xds.type.matcher.v3.IPMatcher) and domains
// (xds.type.matcher.v3.ServerNameMatcher).
import type { Message } from '@bufbuild/protobuf';
import type { ConfigContext, DiagnosticCode } from '../../config/api.ts';
import type { ServerNameMatcher } from '../../generated/xds/type/matcher/v3/domain_pb.d.ts';
import type { IPMatcher } from '../../generated/xds/type/matcher/v3/ip_pb.d.ts';
import type { Matcher_OnMatch } from '../../generated/xds/type/matcher/v3/matcher_pb.d.ts';
import { toByteString } from '../byte-string.ts';
import { readAddressRange } from '../config-cidr.ts';
import { DomainMap, RangeMap } from './match-maps.ts';
import type { MatchNode, TextInput } from './match-tree.ts';

export interface MapReading<Data, Action> {
  readonly context: ConfigContext;
  readonly code: DiagnosticCode;
  onMatch(message: Matcher_OnMatch): MatchNode<Data, Action> | undefined;
}

/** Puts input and on_no_match to what was read. */
type MakeMap<Data, Action> = (
  input: TextInput<Data>,
  otherwise: MatchNode<Data, Action> | null,
) => MatchNode<Data, Action>;

/** Undefined when something was wrong and reported. */
export function readCustomMap<Data, Action>(
  message: Message,
  reading: MapReading<Data, Action>,
): MakeMap<Data, Action> | undefined {
  switch (message.$typeName) {
    case 'xds.type.matcher.v3.IPMatcher':
      return readRanges(message as IPMatcher, reading);
    case 'xds.type.matcher.v3.ServerNameMatcher':
      return readDomains(message as ServerNameMatcher, reading);
    default:
      reading.context.error(
        message,
        '',
        reading.code,
        `Custom matchers of trees are IPMatcher and ServerNameMatcher, not ${message.$typeName}`,
      );
      return undefined;
  }
}

function readRanges<Data, Action>(
  message: IPMatcher,
  reading: MapReading<Data, Action>,
): MakeMap<Data, Action> | undefined {
  const read = message.rangeMatchers.map(({ ranges, onMatch, exclusive }, index) => {
    const node = readNode(message, `range_matchers[${index}].on_match`, onMatch, reading);
    return ranges.map((cidr) => {
      const range = readAddressRange(cidr, reading.context);
      return node && range && { ...range, node, exclusive };
    });
  });
  const all = read.flat();
  const entries = all.filter((entry) => entry !== undefined);
  if (entries.length !== all.length) return undefined;
  return (input, otherwise) => new RangeMap(input, entries, otherwise);
}

function readDomains<Data, Action>(
  message: ServerNameMatcher,
  reading: MapReading<Data, Action>,
): MakeMap<Data, Action> | undefined {
  const exact = new Map<string, MatchNode<Data, Action>>();
  const suffixes = new Map<string, MatchNode<Data, Action>>();
  let any: MatchNode<Data, Action> | null = null;
  const seen = new Set<string>();
  let sound = true;
  for (const [index, { domains, onMatch }] of message.domainMatchers.entries()) {
    const node = readNode(message, `domain_matchers[${index}].on_match`, onMatch, reading);
    for (const [at, domain] of domains.entries()) {
      const problem = seen.has(domain) ? `the domain '${domain}' stands here twice` : problemOf(domain);
      seen.add(domain);
      if (problem !== null) {
        reading.context.error(message, `domain_matchers[${index}].domains[${at}]`, reading.code, problem);
        sound = false;
      }
      if (node === undefined) sound = false;
      else if (domain === '*') any = node;
      else if (domain.startsWith('*')) suffixes.set(toByteString(domain.slice(1)), node);
      else exact.set(toByteString(domain), node);
    }
  }
  if (!sound) return undefined;
  return (input, otherwise) => new DomainMap(input, { exact, suffixes, any }, otherwise);
}

/** Without on_match the real Envoy crashes. */
function readNode<Data, Action>(
  message: Message,
  field: string,
  onMatch: Matcher_OnMatch | undefined,
  { context, code, ...reading }: MapReading<Data, Action>,
): MatchNode<Data, Action> | undefined {
  if (onMatch !== undefined) return reading.onMatch(onMatch);
  context.error(message, field, code, 'on_match must say what is found here');
  return undefined;
}

function problemOf(domain: string): string | null {
  if (domain === '') return 'an empty domain matches nothing';
  const star = domain.lastIndexOf('*');
  if (star === -1 || domain === '*') return null;
  const isSuffix = star === 0 && domain.startsWith('*.') && domain.length > 2;
  return isSuffix ? null : `'${domain}' is no domain: of wildcards there are '*' and '*.example.com'`;
}
