/** Owns what Envoy asks of a listener beyond the API's rules. */
import type { SocketAddress } from '../../generated/envoy/config/core/v3/address_pb.d.ts';
import type { Listener } from '../../generated/envoy/config/listener/v3/listener_pb.d.ts';
import type { ConfigContext } from '../context.ts';
import { checkIpAddress } from './address.ts';
import { Protocol } from './enums.ts';
import { checkFilterChainMatches } from './filter-chain-match.ts';
import { checkNetworkFilters } from './terminal-filters.ts';

export function checkListener(listener: Listener, context: ConfigContext): void {
  const chains = [
    ...listener.filterChains,
    ...(listener.defaultFilterChain === undefined ? [] : [listener.defaultFilterChain]),
  ];
  const address = listener.address?.address;
  if (listener.apiListener !== undefined) {
    context.error(
      listener,
      'api_listener',
      'RMR0500',
      'There are no API listeners here; Envoy has them in Envoy Mobile only',
    );
    return;
  }
  if (address === undefined && listener.listenerSpecifier.case !== 'internalListener') {
    context.error(listener, 'address', 'RMR0502', 'The listener has no address');
  }
  if (address?.case === 'socketAddress') checkBindAddress(address.value, context);
  for (const { address: additional } of listener.additionalAddresses) {
    if (additional?.address.case !== 'socketAddress') continue;
    checkBindAddress(additional.address.value, context);
  }
  if (address?.case === 'socketAddress' && address.value.protocol === Protocol.UDP) {
    const isQuic = listener.udpListenerConfig?.quicOptions !== undefined;
    if (chains.length > 0 && !isQuic) {
      context.error(
        listener,
        'filter_chains',
        'RMR0500',
        'A listener on UDP has no connections for filter chains to stand on',
      );
    }
    return;
  }
  if (chains.length === 0) context.error(listener, 'filter_chains', 'RMR0503', 'The listener has no filter chain');
  if (listener.filterChainMatcher === undefined) checkFilterChainMatches(listener, context);
  for (const chain of chains) checkNetworkFilters(chain.filters, context);
}

/** An address with a resolver of its own may be anything that one understands. */
function checkBindAddress(address: SocketAddress, context: ConfigContext): void {
  if (address.resolverName === '') checkIpAddress(address, 'address', address.address, 'RMR0901', context);
}
