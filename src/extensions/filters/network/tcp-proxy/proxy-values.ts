// Owns what tcp_proxy adds to the PROXY header of its upstream connections (proxy_protocol_tlvs), and how that goes together
// with the header that the client brought.
import type { ProxyProtocolTlv, ReadFilterCallbacks } from '../../../../network/api.ts';
import { ProxyProtocolOptions, proxyOptionsKey } from '../../../common/proxy-protocol/options.ts';
import type { ProxyValues } from '../../../common/proxy-protocol/values.ts';

/** `absent`: nothing is added to a header that is there. */
export type MergePolicy = 'absent' | 'overwrite' | 'append';

export interface AddedValues {
  readonly values: ProxyValues;
  readonly policy: MergePolicy;
}

/** Leaves them as filter state, which the transport socket is told of. */
export function addProxyValues({ values, policy }: AddedValues, { connection, streamInfo }: ReadFilterCallbacks): void {
  const told = streamInfo.filterState?.get(proxyOptionsKey) as Partial<ProxyProtocolOptions> | undefined;
  if (told !== undefined && policy === 'absent') return;
  const { source = connection.remoteAddress, destination = connection.localAddress } = told ?? {};
  const merged = merge(told?.values ?? [], values.of(streamInfo), policy);
  streamInfo.setFilterState(proxyOptionsKey, new ProxyProtocolOptions(source, destination, merged));
}

function merge(
  there: readonly ProxyProtocolTlv[],
  added: readonly ProxyProtocolTlv[],
  policy: MergePolicy,
): readonly ProxyProtocolTlv[] {
  if (policy === 'append') return [...there, ...added];
  const types = new Set(added.map(({ type }) => type));
  return [...added, ...there.filter(({ type }) => !types.has(type))];
}
