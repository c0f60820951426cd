// Owns the filter state that says what a PROXY header to an upstream host tells (envoy.network.proxy_protocol_options): the
// header that a client brought, or what tcp_proxy adds.
import type { Address } from '../../../base/address.ts';
import type { ProxyProtocolTlv } from '../../../network/api.ts';
import type { FilterStateObject } from '../../../observability/api.ts';

export const proxyOptionsKey = 'envoy.network.proxy_protocol_options';

export class ProxyProtocolOptions implements FilterStateObject {
  readonly text = undefined;
  readonly json = undefined;
  readonly source: Address;
  readonly destination: Address;
  readonly values: readonly ProxyProtocolTlv[];

  constructor(source: Address, destination: Address, values: readonly ProxyProtocolTlv[]) {
    this.source = source;
    this.destination = destination;
    this.values = values;
  }
}
