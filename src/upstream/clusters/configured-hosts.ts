// Owns the hosts of STATIC and EDS clusters: taken as configuration or control plane give them.
import type { Address } from '../../base/address.ts';
import type { EndpointConfig, EndpointsConfig, HostSource, HostSourceContext, HostSpec } from '../cluster-type/api.ts';

export class ConfiguredHosts implements HostSource {
  readonly #context: HostSourceContext;
  /** The first endpoints come later (EDS): not ready before. */
  readonly #fromControlPlane: boolean;

  constructor(context: HostSourceContext, fromControlPlane: boolean) {
    this.#context = context;
    this.#fromControlPlane = fromControlPlane;
  }

  start(): void {
    if (!this.#fromControlPlane) this.setEndpoints(this.#context.endpoints);
  }

  setEndpoints(endpoints: EndpointsConfig): void {
    this.#context.setHosts(hostSpecs(endpoints), endpoints);
    this.#context.ready();
  }

  stop(): void {}
}

function hostSpecs(endpoints: EndpointsConfig): HostSpec[] {
  const specs: HostSpec[] = [];
  for (const locality of endpoints.localities) {
    for (const endpoint of locality.endpoints) {
      const address = endpoint.address;
      if (address === null) continue;
      specs.push(hostSpec(endpoint, address, locality));
    }
  }
  return specs;
}

function hostSpec(
  endpoint: EndpointConfig,
  address: Address,
  locality: EndpointsConfig['localities'][number],
): HostSpec {
  return {
    endpoint,
    address,
    additionalAddresses: endpoint.additionalAddresses,
    hostname: endpoint.hostname,
    locality: locality.locality,
    localityWeight: locality.weight,
    localityMetadata: locality.metadata,
    priority: locality.priority,
    key: address.text,
  };
}
