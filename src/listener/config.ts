// Turns the Listener message into the frozen object of the data path, building its filter chains. Chains whose
// configuration equals one of the previous version are taken over with their connections.
import { equals, type Message } from '@bufbuild/protobuf';
import { durationMs } from '../base/duration.ts';
import { type ConfigContext, messageDescriptor } from '../config/api.ts';
import type { CidrRange } from '../generated/envoy/config/core/v3/address_pb.d.ts';
import type {
  FilterChainMatch,
  FilterChain as FilterChainMessage,
} from '../generated/envoy/config/listener/v3/listener_components_pb.d.ts';
import type { Listener } from '../generated/envoy/config/listener/v3/listener_pb.d.ts';
import { type AddressRange, readAddressRange } from '../matchers/api.ts';
import type { DownstreamTransport, NetworkFilterFactory, TcpKeepalive } from '../network/api.ts';
import { buildAccessLogs } from '../observability/access-log/api.ts';
import type { StatsScope } from '../observability/stats/api.ts';
import type { RouteProviders } from '../router/api.ts';
import { downstreamTransportCategory, readTransport } from '../tls/api.ts';
import { addressOf } from '../upstream/config-values.ts';
import type { ProcessServices, TrafficDirection } from '../upstream/services.ts';
import { networkFilterCategory } from './api.ts';
import { readChainTree } from './config-chain-tree.ts';
import { readListenerFilters } from './config-listener-filters.ts';
import { readSocketOptions } from './config-socket-options.ts';
import type { ListenAddress, ListenerConfig, UdpListenerConfig } from './config-types.ts';
import { checkProtocols, isUdp, readUdp } from './config-udp.ts';
import { FilterChain } from './filter-chain.ts';
import { type FilterChainCriteria, FilterChainMatcher } from './filter-chain-match.ts';

/** As Envoy what net.core.somaxconn allows: the system cuts to it. With 128 a burst of connections waits for a second SYN. */
const systemBacklog = 65_535;

export interface ListenerContext {
  readonly services: ProcessServices;
  readonly config: ConfigContext;
  readonly routes: RouteProviders;
}

const defaultBufferLimit = 1024 * 1024;

/** Undefined after errors were reported to `context.config`. */
export function readListener(
  message: Listener,
  context: ListenerContext,
  previous: ListenerConfig | null,
): ListenerConfig | undefined {
  const errorsBefore = context.config.errorCount;
  const addresses = readAddresses(message, context.config);
  const first = addresses[0];
  if (first === undefined) return undefined;
  const name = listenerName(message);
  const statPrefix = message.statPrefix === '' ? first.address.text.replace(/:\/\/|:\/|:/g, '_') : message.statPrefix;
  const scopePrefix = `listener.${statPrefix}.`;
  const direction = (['unspecified', 'inbound', 'outbound'] as const)[message.trafficDirection] ?? 'unspecified';
  const bufferLimit = message.perConnectionBufferLimitBytes ?? defaultBufferLimit;
  const reader = new ChainReader(
    context,
    scopePrefix,
    direction,
    message.drainType === 1,
    bufferLimit,
    sameEnvironment(previous, bufferLimit, direction) ? previous : null,
  );
  const scope = context.services.stats.scope(scopePrefix);
  const filterContext = { services: context.services, config: context.config, scope, direction };
  checkProtocols(message, context.config);
  const udp = readUdp(message, filterContext);
  const chains = message.filterChains.map((chain) => reader.read(chain));
  if (message.defaultFilterChain !== undefined) chains.push(reader.read(message.defaultFilterChain));
  if (chains.length === 0 && udp === null) {
    context.config.error(
      message,
      'filter_chains',
      'RMR0503',
      `listener '${name}' has no filter chain: nothing would serve its connections`,
    );
  }
  const listenerFilters = udp === null ? readListenerFilters(message, filterContext) : [];
  const accessLogs = buildAccessLogs(message.accessLog, {
    config: context.config,
    settings: context.services.accessLog,
  });
  const built = chains.filter((chain) => chain !== undefined);
  const matcher = readMatcher(message, context);
  if (
    context.config.errorCount > errorsBefore ||
    built.length !== chains.length ||
    matcher === undefined ||
    udp === undefined
  ) {
    discardUdp(udp);
    reader.discard();
    scope.close();
    return undefined;
  }
  return Object.freeze({
    name,
    addresses,
    statPrefix,
    scope,
    direction,
    bufferLimit,
    backlog: message.tcpBacklogSize ?? systemBacklog,
    // Envoy's default shares the port with other processes; here who asks for it does (docs/differences.md).
    bindToPort: message.bindToPort ?? true,
    transparent: message.transparent ?? false,
    reusePort: message.enableReusePort ?? message.reusePort,
    listenerFilters,
    listenerFilterLimits: {
      timeoutMs: durationMs(message.listenerFiltersTimeout, 15_000),
      continueOnTimeout: message.continueOnListenerFiltersTimeout,
    },
    useOriginalDestination: message.useOriginalDst ?? false,
    drainType: message.drainType === 1 ? 'modify_only' : 'default',
    ignoreGlobalConnectionLimit: message.ignoreGlobalConnLimit,
    accessLogs,
    metadata: message.metadata?.filterMetadata ?? null,
    udp,
    chains: built,
    built: reader.fresh,
    matcher,
    message,
  });
}

/** A version that is not put to use: what was made for it goes, what it took over stays. */
export function discardListener(config: ListenerConfig): void {
  for (const chain of config.built) chain.remove();
  discardUdp(config.udp);
  config.scope.close();
}

/** A version of a UDP listener is over. */
export function discardUdp(udp: UdpListenerConfig | null | undefined): void {
  for (const filter of udp?.filters ?? []) filter.destroy?.();
}

/** A listener without a name goes by its address. */
export function listenerName(message: Listener): string {
  if (message.name !== '') return message.name;
  const address = addressOf(message.address);
  return typeof address === 'string' ? '' : address.text;
}

/** Chains were built with these: when they change, every chain is built anew. */
function sameEnvironment(previous: ListenerConfig | null, bufferLimit: number, direction: TrafficDirection): boolean {
  return previous !== null && previous.bufferLimit === bufferLimit && previous.direction === direction;
}

function readAddresses(message: Listener, config: ConfigContext): ListenAddress[] {
  const addresses: ListenAddress[] = [];
  const udp = isUdp(message);
  const { socketOptions, tcpKeepalive, tcpFastOpenQueueLength } = message;
  // Of an additional address: an empty list of options overrides that of the listener as well.
  const sources = message.additionalAddresses.map((additional) => ({
    source: additional.address,
    options: additional.socketOptions?.socketOptions ?? socketOptions,
    keepalive: additional.tcpKeepalive ?? tcpKeepalive,
  }));
  sources.unshift({ source: message.address, options: socketOptions, keepalive: tcpKeepalive });
  for (const { source, options, keepalive } of sources) {
    const address = addressOf(source);
    if (typeof address === 'string') {
      config.error(source ?? message, '', source === undefined ? 'RMR0502' : 'RMR0901', address);
      continue;
    }
    if (address.kind === 'internal') {
      config.error(source ?? message, '', 'RMR0304', 'internal listeners are not implemented yet');
      continue;
    }
    const socket = source?.address.case === 'socketAddress' ? source.address.value : undefined;
    if (socket?.ipv4Compat === true && !/^::(?:ffff:.*)?$/i.test(socket.address)) {
      const text = `ipv4_compat goes with '::' or an IPv4-mapped IPv6 address, not with '${socket.address}'`;
      config.error(socket, 'ipv4_compat', 'RMR0901', text);
      continue;
    }
    addresses.push({
      address,
      ipv4Compat: socket?.ipv4Compat ?? false,
      socketOptions: readSocketOptions(options, tcpFastOpenQueueLength, address, udp),
      tcpKeepalive: readTcpKeepalive(keepalive),
    });
  }
  return addresses;
}

function readTcpKeepalive(keepalive: Listener['tcpKeepalive']): TcpKeepalive | null {
  if (keepalive === undefined) return null;
  return {
    // Linux's default, as in Envoy.
    timeSeconds: keepalive.keepaliveTime ?? 7200,
    intervalSeconds: keepalive.keepaliveInterval,
    probes: keepalive.keepaliveProbes,
  };
}

class ChainReader {
  readonly #context: ListenerContext;
  readonly #scopePrefix: string;
  readonly #direction: TrafficDirection;
  readonly #modifyOnly: boolean;
  readonly #bufferLimit: number;
  readonly #reusable: FilterChain[];
  /** Built here, not taken over. */
  readonly fresh: FilterChain[] = [];

  constructor(
    context: ListenerContext,
    scopePrefix: string,
    direction: TrafficDirection,
    modifyOnly: boolean,
    bufferLimit: number,
    previous: ListenerConfig | null,
  ) {
    this.#modifyOnly = modifyOnly;
    this.#context = context;
    this.#scopePrefix = scopePrefix;
    this.#direction = direction;
    this.#bufferLimit = bufferLimit;
    this.#reusable = previous === null ? [] : [...previous.chains];
  }

  read(message: FilterChainMessage): FilterChain | undefined {
    const same = this.#reusable.findIndex((chain) => sameMessage(chain.message, message));
    if (same >= 0) return this.#reusable.splice(same, 1)[0];
    const { config } = this.#context;
    const draining = { active: false, since: 0 };
    const scope = this.#context.services.stats.scope(this.#scopePrefix);
    const transport = this.#readTransport(message, scope);
    const factories: NetworkFilterFactory[] = [];
    for (const [index, filter] of message.filters.entries()) {
      if (filter.configType.case === 'configDiscovery') {
        config.error(
          filter,
          'config_discovery',
          'RMR0304',
          'network filters by extension discovery (ECDS) are not implemented yet',
        );
        continue;
      }
      const typed = filter.configType.value === undefined ? undefined : config.unpack(filter.configType.value);
      if (typed === undefined) continue;
      const factory = this.#context.services.extensions.get(networkFilterCategory, typed.$typeName);
      if (factory === undefined) {
        config.error(
          filter,
          'typed_config',
          'RMR0304',
          `the network filter extension ${typed.$typeName} is not implemented yet`,
        );
        continue;
      }
      const isLast = index === message.filters.length - 1;
      if (factory.terminal !== isLast) {
        config.error(
          filter,
          '',
          'RMR0903',
          factory.terminal
            ? `network filter '${filter.name}' must be the last of its chain: nothing behind it would run`
            : `the last filter of a chain must be a terminal one such as http_connection_manager or tcp_proxy, not '${filter.name}'`,
        );
      }
      const made = factory.create(typed, {
        services: this.#context.services,
        config,
        routes: this.#context.routes,
        listenerScope: scope,
        direction: this.#direction,
        drainsOnModifyOnly: this.#modifyOnly,
        bufferLimit: this.#bufferLimit,
        draining,
      });
      if (made !== undefined) factories.push(made);
    }
    if (factories.length !== message.filters.length || transport === undefined) {
      for (const factory of factories) factory.destroy?.();
      transport?.destroy?.();
      scope.close();
      return undefined;
    }
    const chain = new FilterChain(
      message.name,
      message,
      factories,
      draining,
      scope,
      message.metadata?.filterMetadata ?? null,
      transport,
      durationMs(message.transportSocketConnectTimeout, 0),
    );
    this.fresh.push(chain);
    return chain;
  }

  #readTransport(message: FilterChainMessage, scope: StatsScope): DownstreamTransport | null | undefined {
    const { services, config } = this.#context;
    const { extensions, secrets, clock, timers } = services;
    const logFiles = services.accessLog.manager;
    const serverNames = message.filterChainMatch?.serverNames ?? [];
    const context = { config, extensions, scope, secrets, clock, timers, logFiles, serverNames };
    return readTransport(message.transportSocket, downstreamTransportCategory, context);
  }

  /** The listener is refused: what was built for it goes. */
  discard(): void {
    for (const chain of this.fresh) chain.remove();
  }
}

/** With a tree the criteria of the chains themselves say nothing, as in Envoy. */
function readMatcher(message: Listener, { services, config }: ListenerContext): ListenerConfig['matcher'] | undefined {
  if (message.filterChainMatcher !== undefined) return readChainTree(message, services, config);
  return new FilterChainMatcher(
    message.filterChains.map((chain) => readCriteria(chain.filterChainMatch, config)),
    message.defaultFilterChain === undefined ? -1 : message.filterChains.length,
  );
}

export function sameMessage(a: Message, b: Message): boolean {
  if (a.$typeName !== b.$typeName) return false;
  const descriptor = messageDescriptor(a.$typeName);
  return descriptor !== undefined && equals(descriptor, a, b);
}

function readCriteria(match: FilterChainMatch | undefined, config: ConfigContext): FilterChainCriteria {
  return {
    destinationPort: match?.destinationPort ?? null,
    destinationPrefixes: readPrefixes(match?.prefixRanges, config),
    serverNames: (match?.serverNames ?? []).map((name) => (name.startsWith('*.') ? name.slice(1) : name).toLowerCase()),
    transportProtocol: match?.transportProtocol ?? '',
    applicationProtocols: match?.applicationProtocols ?? [],
    directSourcePrefixes: readPrefixes(match?.directSourcePrefixRanges, config),
    sourceType: (['any', 'local', 'external'] as const)[match?.sourceType ?? 0] ?? 'any',
    sourcePrefixes: readPrefixes(match?.sourcePrefixRanges, config),
    sourcePorts: match?.sourcePorts ?? [],
  };
}

function readPrefixes(ranges: readonly CidrRange[] | undefined, config: ConfigContext): AddressRange[] {
  return (ranges ?? []).map((range) => readAddressRange(range, config)).filter((range) => range !== undefined);
}
