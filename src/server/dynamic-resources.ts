// Owns the bootstrap's dynamic_resources: the subscriptions to clusters (CDS) and listeners (LDS).
import { ConfigContext } from '../config/api.ts';
import { ClusterDiscovery, ListenerDiscovery } from '../xds/discovery-config.ts';
import type { ResourceHandler } from '../xds/file-subscription.ts';
import { readConfigSource } from '../xds/source-config.ts';
import { ReloadStats, subscriptionStats } from '../xds/subscription-stats.ts';
import type { Subscription, Subscriptions } from '../xds/subscriptions.ts';
import type { BootstrapConfig, XdsSourceMessage } from './bootstrap-config.ts';
import type { ResourceManagers } from './resources.ts';

export class DynamicResources {
  readonly #managers: ResourceManagers;
  readonly #bootstrap: BootstrapConfig;
  readonly #subscriptions: Subscriptions;
  #cds: Subscription | null = null;
  #lds: Subscription | null = null;

  constructor(bootstrap: BootstrapConfig, managers: ResourceManagers, subscriptions: Subscriptions) {
    this.#bootstrap = bootstrap;
    this.#managers = managers;
    this.#subscriptions = subscriptions;
  }

  /** Resolves when the first clusters are there. Started once: a reload of the bootstrap keeps what runs. */
  async startClusters(): Promise<void> {
    const { cds } = this.#bootstrap;
    if (cds === null || this.#cds !== null) return;
    const { clusters, services, endpoints, defaultBindConfig } = this.#managers;
    const reloads = new ReloadStats(services.stats.scope('cluster_manager.cds.'));
    const discovery = new ClusterDiscovery(clusters, services, defaultBindConfig, reloads);
    const handler: ResourceHandler = {
      onResources: async (resources, version, context, refused) => {
        await discovery.onResources(resources, version, context, refused);
        endpoints.refresh(context);
      },
    };
    this.#cds = this.#subscribe(cds, 'envoy.config.cluster.v3.Cluster', handler, 'cluster_manager.cds.');
    await this.#cds?.start();
  }

  async startListeners(): Promise<void> {
    const { lds } = this.#bootstrap;
    if (lds === null || this.#lds !== null) return;
    const { listeners, services, routes } = this.#managers;
    const handler = new ListenerDiscovery(listeners, services, routes);
    this.#lds = this.#subscribe(lds, 'envoy.config.listener.v3.Listener', handler, 'listener_manager.lds.');
    await this.#lds?.start();
  }

  /** `version_info` of the last update of clusters that was taken; empty before. */
  get clustersVersion(): string {
    return this.#cds?.state.version ?? '';
  }

  get listenersVersion(): string {
    return this.#lds?.state.version ?? '';
  }

  #subscribe(
    message: XdsSourceMessage,
    typeName: string,
    handler: ResourceHandler,
    prefix: string,
  ): Subscription | null {
    // The bootstrap's sources were checked when it was read (bootstrap-config.ts).
    const source = readConfigSource(message, message, new ConfigContext());
    if (source === undefined) return null;
    const { services } = this.#managers;
    const stats = subscriptionStats(services.stats.scope(prefix));
    return this.#subscriptions.open(source, { typeName, name: '*' }, handler, stats);
  }

  stop(): void {
    this.#cds?.stop();
    this.#lds?.stop();
  }
}
