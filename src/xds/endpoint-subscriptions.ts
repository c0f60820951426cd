// Owns the subscriptions to endpoints (EDS): follows the clusters as they come and go, one subscription for each
// resource name.
import type { ConfigContext } from '../config/api.ts';
import type { StatsScope } from '../observability/stats/api.ts';
import { sanitizeStatsName } from '../observability/stats/store.ts';
import type { ClusterListener, UpstreamClusterManager } from '../upstream/cluster-manager.ts';
import type { ProcessServices } from '../upstream/services.ts';
import { EndpointDiscovery } from './discovery-config.ts';
import { type ConfigSourceMessage, readConfigSource } from './source-config.ts';
import { subscriptionStats } from './subscription-stats.ts';
import { type Subscription, type Subscriptions, sourceKey } from './subscriptions.ts';

interface ClusterSubscription {
  readonly key: string;
  readonly subscription: Subscription;
  /** The cluster's; closed with the subscription, or the statistics of a removed cluster would stay for good. */
  readonly scope: StatsScope;
}

export class EndpointSubscriptions implements ClusterListener {
  readonly #manager: UpstreamClusterManager;
  readonly #services: ProcessServices;
  readonly #subscriptions: Subscriptions;
  readonly #byCluster = new Map<string, ClusterSubscription>();

  constructor(manager: UpstreamClusterManager, services: ProcessServices, subscriptions: Subscriptions) {
    this.#manager = manager;
    this.#services = services;
    this.#subscriptions = subscriptions;
    manager.addListener(this);
  }

  /** Looks at every cluster, warming ones too: call after clusters were added or changed. */
  refresh(context: ConfigContext): void {
    for (const [name, entry] of this.#manager.entries()) {
      const config = (entry.warming ?? entry.active)?.config;
      const discovery = config?.discovery;
      if (config === undefined || discovery?.kind !== 'eds') {
        this.#stop(name);
        continue;
      }
      const source = readConfigSource(discovery.source as ConfigSourceMessage, {}, context);
      if (source === undefined) continue;
      const key = `${discovery.serviceName}\0${sourceKey(source)}`;
      // A changed cluster that warms without endpoints of its predecessor asks again: nobody else would end its wait.
      if (this.#byCluster.get(name)?.key === key && entry.warming === null) continue;
      this.#stop(name);
      const scope = this.#services.stats.scope(`cluster.${sanitizeStatsName(config.observabilityName)}.`);
      const stats = subscriptionStats(scope);
      const handler = new EndpointDiscovery(this.#manager, discovery.serviceName);
      const wanted = { typeName: 'envoy.config.endpoint.v3.ClusterLoadAssignment', name: discovery.serviceName };
      const subscription = this.#subscriptions.open(source, wanted, handler, stats);
      this.#byCluster.set(name, { key, subscription, scope });
      // An unreadable or refused file must not keep the cluster, and the start, waiting.
      void subscription.start().then(() => {
        if (this.#byCluster.get(name)?.subscription !== subscription) return;
        this.#manager.endpointsUnavailable(discovery.serviceName);
      });
    }
  }

  onClusterRemoved(name: string): void {
    this.#stop(name);
  }

  #stop(name: string): void {
    const present = this.#byCluster.get(name);
    if (present === undefined) return;
    this.#byCluster.delete(name);
    present.subscription.stop();
    present.scope.close();
  }

  stop(): void {
    for (const name of [...this.#byCluster.keys()]) this.#stop(name);
    this.#manager.removeListener(this);
  }
}
