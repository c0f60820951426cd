// Owns the transport socket that tells the host, before all other bytes, whose connection it is (PROXY protocol), and then
// leaves it to the transport socket inside of it.
import type { Clock } from '../../../base/clock.ts';
import {
  type ProxyProtocolTlv,
  proxyProtocolHeader,
  type TransportConnection,
  type UpstreamTransport,
  type UpstreamTransportOptions,
  type UpstreamTransportSource,
} from '../../../network/api.ts';
import { type DownstreamConnectionInfo, StreamInfo, UpstreamInfo } from '../../../observability/api.ts';
import type { StatsScope } from '../../../observability/stats/api.ts';
import type { ProxyValues } from '../../common/proxy-protocol/values.ts';

export interface ProxyProtocolSettings {
  readonly version: 1 | 2;
  readonly values: ProxyValues;
  readonly clock: Clock;
  /** Types of the client's own values that go on. */
  readonly passes: 'none' | 'all' | ReadonlySet<number>;
}

export class ProxyProtocolSource implements UpstreamTransportSource {
  readonly message: unknown;
  readonly #inner: UpstreamTransportSource | null;
  readonly #settings: ProxyProtocolSettings;

  /** `inner` null: bytes as they come. */
  constructor(message: unknown, inner: UpstreamTransportSource | null, settings: ProxyProtocolSettings) {
    this.message = message;
    this.#inner = inner;
    this.#settings = settings;
  }

  get negotiates(): boolean {
    return this.#inner?.negotiates === true;
  }

  open(scope: StatsScope): UpstreamTransport {
    return new ProxyProtocolTransport(this.#inner?.open(scope) ?? null, this.#settings);
  }
}

class ProxyProtocolTransport implements UpstreamTransport {
  readonly perDownstream = true;
  readonly #inner: UpstreamTransport | null;
  readonly #settings: ProxyProtocolSettings;

  constructor(inner: UpstreamTransport | null, settings: ProxyProtocolSettings) {
    this.#inner = inner;
    this.#settings = settings;
  }

  get ready(): Promise<void> | undefined {
    return this.#inner?.ready;
  }

  start(connection: TransportConnection, options: UpstreamTransportOptions): void {
    const { version, passes } = this.#settings;
    const proxied = options.streams?.proxied ?? null;
    const values = this.#values(connection);
    const own = new Set(values.map(({ type }) => type));
    // A connection that several clients share is no one's.
    const passed = (proxied?.values ?? []).filter(
      ({ type }) => !own.has(type) && (passes === 'all' || (passes !== 'none' && passes.has(type))),
    );
    connection.writeAhead(
      proxyProtocolHeader(version, proxied?.source ?? null, proxied?.destination ?? null, [...values, ...passed]),
    );
    if (this.#inner === null) connection.markConnected();
    else this.#inner.start(connection, options);
  }

  #values(connection: TransportConnection): readonly ProxyProtocolTlv[] {
    const { values, clock, version } = this.#settings;
    if (version === 1 || !values.hasFormats) return values.fixed;
    // As in Envoy formats see the upstream connection alone: its peer stands where that of the client would.
    const info = new StreamInfo(clock.monotonic(), clock.wall(), aboutUpstream(connection));
    info.upstream = new UpstreamInfo();
    info.upstream.host = {
      address: connection.remoteAddress,
      hostname: '',
      clusterName: '',
      clusterObservabilityName: '',
    };
    return values.of(info).filter(({ value }) => value.length > 0);
  }

  destroy(): void {
    this.#inner?.destroy?.();
  }
}

function aboutUpstream({ id, localAddress, remoteAddress }: TransportConnection): DownstreamConnectionInfo {
  return {
    id,
    localAddress,
    directRemoteAddress: remoteAddress,
    listenerName: '',
    filterChainName: '',
    requestedServerName: '',
    tls: null,
    terminationDetails: '',
    transportFailureReason: '',
  };
}
