// Owns the filter that makes the server name of a TLS hello the cluster that tcp_proxy goes to.
import { FilterStatus, type ReadFilter, type ReadFilterCallbacks } from '../../../../network/api.ts';
import { FilterStateText } from '../../../../observability/api.ts';

/** What tcp_proxy reads. */
const clusterKey = 'envoy.tcp_proxy.cluster';

export class SniClusterFilter implements ReadFilter {
  #callbacks!: ReadFilterCallbacks;

  initialize(callbacks: ReadFilterCallbacks): void {
    this.#callbacks = callbacks;
  }

  onNewConnection(): FilterStatus {
    const { info, streamInfo } = this.#callbacks;
    if (info.requestedServerName !== '') {
      streamInfo.setFilterState(clusterKey, new FilterStateText(info.requestedServerName));
    }
    return FilterStatus.Continue;
  }

  onData(): FilterStatus {
    return FilterStatus.Continue;
  }
}
