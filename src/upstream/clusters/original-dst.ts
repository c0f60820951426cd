// Owns the hosts of ORIGINAL_DST clusters: each destination that a request or its connection names becomes a host when it
// is first asked for, and goes when nobody has asked for it for a while and nothing uses it.
import { type Address, type IpAddress, ipAddress } from '../../base/address.ts';
import { addressAndPort } from '../../base/address-and-port.ts';
import { logger } from '../../base/logger.ts';
import type { Timer, TimerHandler } from '../../base/timers.ts';
import type { NameInfo } from '../../http/headers/api.ts';
import type { Counter } from '../../observability/stats/api.ts';
import type { StreamInfo } from '../../observability/stream-info.ts';
import type { Host, LoadBalancerContext } from '../api.ts';
import { noEndpoints } from '../cluster-config.ts';
import type { HostSource, HostSourceContext, HostSpec } from '../cluster-type/api.ts';
import type { UpstreamHost } from '../host.ts';

const log = logger('upstream');

/** Envoy's key for filter state that names the destination. */
const FILTER_STATE_KEY = 'envoy.network.transport_socket.original_dst_address';

export interface OriginalDstConfig {
  /** Null: no header is asked. */
  readonly header: NameInfo | null;
  /** Null: no metadata is asked. */
  readonly metadata: { readonly namespace: string; readonly path: readonly string[] } | null;
  /** Null: the destination's own. */
  readonly port: number | null;
  readonly cleanupIntervalMs: number;
}

export interface OriginalDstContext extends HostSourceContext {
  readonly originalDstHostInvalid: Counter;
  /** The host of that key, if the cluster has it. */
  host(key: string): UpstreamHost | null;
}

interface Entry {
  readonly spec: HostSpec;
  /** Asked for since the last cleaning. */
  used: boolean;
}

export class OriginalDstHosts implements HostSource, TimerHandler {
  readonly #config: OriginalDstConfig;
  readonly #context: OriginalDstContext;
  readonly #entries = new Map<string, Entry>();
  #timer: Timer | null = null;

  constructor(config: OriginalDstConfig, context: OriginalDstContext) {
    this.#config = config;
    this.#context = context;
  }

  start(): void {
    this.#context.ready();
    this.#timer = this.#context.timers.schedule(this.#config.cleanupIntervalMs, this);
  }

  /** It can have none: the configuration is refused with any. */
  setEndpoints(): void {}

  stop(): void {
    this.#timer?.cancel();
  }

  chooseHost(context: LoadBalancerContext): Host | null {
    const named = this.#destination(context);
    if (named === null) {
      if (log.debugEnabled) log.debug(`cluster ${this.#context.clusterName}: the request has no original destination`);
      return null;
    }
    const { port } = this.#config;
    const address = port === null || port === named.port ? named : ipAddress(named.address, port);
    const entry = this.#entries.get(address.text);
    if (entry !== undefined) entry.used = true;
    else {
      this.#entries.set(address.text, { spec: this.#spec(address), used: true });
      this.#show();
    }
    return this.#context.host(address.text);
  }

  /** In Envoy's order; what cannot be read counts as not given. */
  #destination({ streamInfo, requestHeaders }: LoadBalancerContext): IpAddress | null {
    const state = streamInfo?.filterState?.get(FILTER_STATE_KEY)?.address;
    if (state?.kind === 'ip') return state;
    const { metadata, header } = this.#config;
    const value = metadata === null || streamInfo === undefined ? undefined : metadataText(metadata, streamInfo);
    const byMetadata = value === undefined ? null : this.#read(value, 'metadata');
    if (byMetadata !== null) return byMetadata;
    const text = header === null ? undefined : requestHeaders?.get(header);
    const byHeader = text === undefined ? null : this.#read(text, 'header');
    if (byHeader !== null) return byHeader;
    const connection = streamInfo?.connection;
    if (connection?.localAddressRestored !== true || connection.localAddress.kind !== 'ip') return null;
    return connection.localAddress;
  }

  #read(text: string, where: string): IpAddress | null {
    const address = addressAndPort(text);
    if (address !== null) return address;
    this.#context.originalDstHostInvalid.inc();
    if (log.debugEnabled)
      log.debug(`cluster ${this.#context.clusterName}: the ${where} '${text}' is no address with a port`);
    return null;
  }

  #spec(address: Address): HostSpec {
    return {
      endpoint: {
        address,
        dnsName: '',
        port: 0,
        additionalAddresses: [],
        hostname: '',
        weight: 1,
        health: 'healthy',
        healthStatus: 0,
        metadata: {},
        canary: false,
      },
      address,
      additionalAddresses: [],
      hostname: `${this.#context.clusterName}${address.text}`,
      locality: { region: '', zone: '', subZone: '' },
      localityWeight: 0,
      priority: 0,
      key: address.text,
    };
  }

  #show(): void {
    this.#context.setHosts(
      Array.from(this.#entries.values(), ({ spec }) => spec),
      noEndpoints,
    );
  }

  onTimer(timer: Timer): void {
    let gone = false;
    for (const [key, entry] of this.#entries) {
      if (!entry.used && this.#context.host(key)?.occupied !== true) {
        this.#entries.delete(key);
        gone = true;
      }
      entry.used = false;
    }
    if (gone) this.#show();
    timer.refresh();
  }
}

function metadataText(
  { namespace, path }: { readonly namespace: string; readonly path: readonly string[] },
  streamInfo: StreamInfo,
): string | undefined {
  let value: unknown = streamInfo.dynamicMetadata?.get(namespace);
  for (const key of path) {
    value = typeof value === 'object' && value !== null && !Array.isArray(value) ? Reflect.get(value, key) : undefined;
  }
  return typeof value === 'string' ? value : undefined;
}
